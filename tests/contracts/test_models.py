"""What every network in the catalogue must do."""

import numpy as np
import pytest
import torch

from p3m.core.errors import ShapeError, UnknownNameError
from p3m.models.catalog import MODELS, create_model
from p3m.training.seeding import seed_initial_weights

PARAMETERS = {"p3mnet-lite": 3_141_996}

names = pytest.mark.parametrize("name", list(MODELS))


@pytest.fixture
def image() -> torch.Tensor:
    return torch.randn(2, 3, 64, 96, generator=torch.Generator().manual_seed(3))


@names
def test_it_has_the_recorded_number_of_parameters(name: str) -> None:
    count = sum(parameter.numel() for parameter in create_model(name).parameters())
    assert count == PARAMETERS[name]
    assert count <= 6_000_000


@names
@pytest.mark.parametrize("size", [(64, 64), (96, 160)])
@torch.inference_mode()
def test_shapes_and_ranges_fit_the_contract(name: str, size: tuple[int, int]) -> None:
    image = torch.randn(2, 3, *size)
    output = create_model(name)(image)
    assert output.global_logits.shape == (2, 3, *size)
    assert output.local_alpha.shape == output.alpha.shape == (2, 1, *size)
    assert all(side.shape == (2, 3, *size) for side in output.side_logits)
    for alpha in (output.local_alpha, output.alpha):
        assert 0 <= float(alpha.min()) <= float(alpha.max()) <= 1
    for tensor in (output.global_logits, *output.side_logits):
        assert bool(torch.isfinite(tensor).all())


@names
@torch.inference_mode()
def test_a_batch_gives_what_its_pictures_give(name: str, image: torch.Tensor) -> None:
    model = create_model(name)
    together = model(image).alpha
    one_by_one = torch.cat([model(picture[None]).alpha for picture in image])
    torch.testing.assert_close(together, one_by_one, atol=1e-5, rtol=0)


@names
def test_every_parameter_gets_a_gradient(name: str, image: torch.Tensor) -> None:
    model = create_model(name).train()
    for module in model.modules():  # the detail path starts as the identity: give its head a slope
        if isinstance(module, torch.nn.Conv2d) and not module.weight.any():
            torch.nn.init.normal_(module.weight, std=0.1)
    output = model(image)
    terms = (output.global_logits, output.local_alpha, output.alpha, *output.side_logits)
    sum(term.square().mean() for term in terms).backward()
    without = [
        name
        for name, parameter in model.named_parameters()
        if parameter.grad is None or not parameter.grad.abs().sum() > 0
    ]
    assert not without


@names
def test_its_state_makes_a_round_trip(name: str, image: torch.Tensor, tmp_path) -> None:
    model = create_model(name)
    path = tmp_path / "state.pt"
    torch.save(model.state_dict(), path)
    again = create_model(name, path)
    with torch.inference_mode():
        torch.testing.assert_close(again(image).alpha, model(image).alpha, atol=0, rtol=0)


@names
def test_a_wrong_size_names_the_size_to_pad_to(name: str) -> None:
    with pytest.raises(ShapeError, match=r"\(500, 333\).*multiples of 32: pad to 512x352"):
        create_model(name)(torch.zeros(1, 3, 500, 333))


@names
def test_its_output_is_the_recorded_one(name: str, project, request: pytest.FixtureRequest) -> None:
    """Seeded weights, seeded picture; re-record with ``pytest --record-outputs``."""
    seed_initial_weights(7)
    model = create_model(name)
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(7))
    with torch.inference_mode():
        alpha = model(image).alpha.numpy()
    recorded = project / "tests" / "contracts" / "outputs" / f"{name}.npz"
    if request.config.getoption("--record-outputs"):
        recorded.parent.mkdir(exist_ok=True)
        np.savez_compressed(recorded, alpha=alpha)
    with np.load(recorded) as stored:
        np.testing.assert_allclose(alpha, stored["alpha"], atol=1e-5)


def test_an_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'p3mnet-lite'"):
        create_model("p3mnt-lite")
