from collections.abc import Callable

import pytest
import torch
from torch import nn

from p3m.core.catalog import Catalog
from p3m.core.errors import WeightsMismatchError
from p3m.models.catalog import MODELS
from p3m.models.contract import ModelEntry
from p3m.models.identify import identify


def entry(name: str, build: Callable[[], nn.Module]) -> ModelEntry:
    return ModelEntry(
        name=name,
        summary="A stub.",
        paper="none",
        section="none",
        build=build,
        parameters=1,
        encoder="",
        stride=1,
        min_side_px=1,
        area_px=1,
        mean=(0, 0, 0),
        std=(1, 1, 1),
    )


@pytest.fixture
def catalog() -> Catalog[ModelEntry]:
    return Catalog(
        "model",
        [
            entry("small", lambda: nn.Linear(2, 2)),
            entry("large", lambda: nn.Linear(20, 20)),
            entry("deep", lambda: nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))),
        ],
    )


@pytest.mark.parametrize("name", ["small", "large", "deep"])
def test_names_and_shapes_tell_the_network(catalog: Catalog[ModelEntry], name: str) -> None:
    assert identify(catalog[name].build().state_dict(), catalog=catalog) == name


def test_the_error_says_which_network_is_nearest_and_what_differs(
    catalog: Catalog[ModelEntry],
) -> None:
    state = nn.Linear(20, 20, bias=False).state_dict() | {"scale": torch.ones(1)}
    with pytest.raises(
        WeightsMismatchError,
        match="no network of the catalogue; 'large' is the nearest; missing: bias; "
        "unexpected: scale",
    ) as caught:
        identify(state, catalog=catalog)
    assert caught.value.missing == ("bias",)


def test_a_published_checkpoint_is_known_whichever_name_its_encoder_goes_by() -> None:
    with torch.device("meta"):
        state = MODELS["p3mnet-r34"].build().state_dict()
    once = {name: value for name, value in state.items() if not name.startswith("encoder")}
    assert identify(state) == identify(once) == "p3mnet-r34"


def test_an_encoder_alone_is_no_network() -> None:
    with torch.device("meta"):
        encoder = MODELS["p3m-basic"].build().encoder.state_dict()
    with pytest.raises(WeightsMismatchError, match="unexpected: conv1.weight"):
        identify(encoder)
