import torch

from p3m.training.average import exponential_average


def test_the_average_forgets_its_beginning_soon() -> None:
    model = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(model.weight)
    average = exponential_average(model, 0.999)
    torch.nn.init.ones_(model.weight)
    for _ in range(100):
        average.update_parameters(model)
    assert average.module.weight.item() > 0.99


def test_without_decay_the_average_is_the_network_itself() -> None:
    model = torch.nn.BatchNorm1d(3)
    average = exponential_average(model, 0.0)
    for _ in range(3):
        torch.nn.init.normal_(model.weight)
        model(torch.randn(4, 3))
        average.update_parameters(model)
        for name, value in model.state_dict().items():
            assert torch.equal(average.module.state_dict()[name], value), name
