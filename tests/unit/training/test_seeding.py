import torch

from p3m.training.seeding import seed_forward_pass, seed_initial_weights


def _drawn(*numbers: int) -> float:
    seed_forward_pass(*numbers)
    return float(torch.rand(()))


def test_each_number_of_a_pass_matters_and_nothing_else() -> None:
    first = _drawn(1, 5, 0, 0)
    torch.rand(10)
    assert _drawn(1, 5, 0, 0) == first
    others = {_drawn(2, 5, 0, 0), _drawn(1, 6, 0, 0), _drawn(1, 5, 1, 0), _drawn(1, 5, 0, 1)}
    assert len({first, *others}) == 5


def test_initial_weights_follow_from_the_seed() -> None:
    weights = []
    for seed in (1, 1, 2):
        seed_initial_weights(seed)
        weights.append(torch.nn.Linear(2, 2).weight)
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
