"""The command line with a tiny model, in an empty folder; every network as an ONNX file."""

from functools import cache
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from p3m.cli.main import app
from p3m.models.catalog import create_model
from p3m.models.state import save_state
from p3m.pipelines.export import export
from p3m.training.seeding import seed_initial_weights
from support.images import encoded, portrait
from support.onnx_models import p3m_model
from support.statistics import wake


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """An ONNX file whose alpha follows brightness."""
    path = tmp_path_factory.mktemp("model") / "brightness.onnx"
    path.write_bytes(p3m_model())
    return path


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def put():
    """Writes a small picture of that name, whose format its suffix says."""

    def write(name, *, seed=0, size=(40, 30)):
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        format_name = {".jpg": "JPEG", ".tif": "TIFF"}.get(path.suffix, path.suffix[1:].upper())
        path.write_bytes(encoded(portrait(*size, seed=seed)[0], format_name))
        return path

    return write


@pytest.fixture
def p3m():
    """Runs the command line in this process."""

    def run(*args, stdin=None):
        return CliRunner().invoke(app, [str(arg) for arg in args], input=stdin)

    return run


@pytest.fixture
def cut(p3m, model):
    """Runs `p3m matte` with the tiny model."""

    def run(*args, stdin=None):
        return p3m("matte", *args, "--model", model, "--threads", 1, stdin=stdin)

    return run


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """Each network with fresh weights and its report, exported when first asked for.

    Its weights lie beside its file as ``weights.safetensors``.
    """

    @cache
    def get(name):
        folder = tmp_path_factory.mktemp(name)
        seed_initial_weights(7)
        network = wake(create_model(name))
        if name == "p3mnet-lite":  # fresh heads say nothing
            for head in (network.base.classify, network.base.estimate, network.detail.head):
                torch.nn.init.normal_(head.weight, std=0.5)
        save_state(folder / "weights.safetensors", network)
        return network, export(folder / "weights.safetensors", folder / "model.onnx")

    return get
