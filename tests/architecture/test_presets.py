"""Every preset loads, and what it names can be built."""

import pytest

from p3m.config import load
from p3m.config.load import load_settings
from p3m.models.catalog import create_model
from p3m.pipelines.train import TrainRun

PRESETS = sorted(load.preset("p3mnet-lite").parent.glob("*.toml"))


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_a_preset_loads_and_its_model_can_be_built(path):
    run = load_settings(TrainRun, path)
    assert create_model(run.model) is not None
    assert load.preset(path.stem) == path
