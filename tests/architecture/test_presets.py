"""Every preset loads, and what it names can be built."""

import dataclasses
import tomllib

import pytest
import torch

from p3m.config import load
from p3m.config.load import load_settings
from p3m.data.catalog import DATASETS
from p3m.data.crops import CropSettings
from p3m.losses.objective import PAPER, RELEASED
from p3m.models.catalog import MODELS
from p3m.pipelines.parameter_groups import parameter_groups
from p3m.pipelines.train_settings import TrainRun
from p3m.training.copy_paste import find_stage
from p3m.training.schedule import make_optimizer

PRESETS = sorted(load.preset("p3mnet-lite").parent.glob("*.toml"))

each = pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)


@each
def test_a_preset_loads_and_its_network_can_be_trained(path):
    run = load_settings(TrainRun, path)
    assert load.preset(path.stem) == path
    entry = MODELS[run.model]
    model = entry.build()
    groups = parameter_groups(model, run.training, encoder=entry.encoder)
    assert all(group["params"] for group in groups)
    assert make_optimizer(groups, run.training).param_groups
    assert run.initial in {"scratch", *entry.initials}
    assert run.crops.side_px % entry.stride == 0
    if run.copy_paste.level == "feature":
        assert find_stage(model, run.copy_paste.stage)


@each
def test_a_preset_names_parts_of_data_sets_that_there_are(path):
    data = load_settings(TrainRun, path).data
    if data.dataset != "folder":
        entry = DATASETS[data.dataset]
        for name in (data.train_split, *data.validation_splits.values()):
            assert entry.split(name)


@pytest.mark.parametrize("name", ["p3m-10k-r34", "p3m-10k-r34-plus"])
def test_presets_of_papers_are_whole(name):
    """Whoever reads the file alone knows the recipe, whatever defaults become."""
    values = tomllib.loads(load.preset(name).read_text(encoding="utf-8"))
    run = load_settings(TrainRun, load.preset(name))
    assert set(values["objective"]) == {f.name for f in dataclasses.fields(run.objective)}
    told = {"epochs", "batch_size", "optimizer", "lr", "schedule", "clip_norm", "ema_decay"}
    assert told <= set(values["training"])


def test_the_papers_recipe_is_the_papers():
    run = load_settings(TrainRun, load.preset("p3m-10k-r34"))
    assert run.objective == RELEASED
    assert run.crops == CropSettings()
    assert not run.crops.degrades
    assert run.training.in_steps(9421).steps == 176_644
    model = torch.nn.ModuleDict({"resnet": torch.nn.Linear(1, 1), "other": torch.nn.Linear(1, 1)})
    for group in parameter_groups(model, run.training, encoder="resnet"):
        assert group["lr"] == 1e-5


def test_the_better_recipe_keeps_the_papers_weights():
    run = load_settings(TrainRun, load.preset("p3m-10k-r34-plus"))
    assert run.objective == PAPER
    assert run.crops.degrades
