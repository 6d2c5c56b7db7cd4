"""`p3m convert` and `p3m export`, typed as a person types them."""

import argparse
import collections
import hashlib
import json
import struct
from pathlib import Path

import pytest
import torch

from p3m import __version__
from p3m.models.catalog import create_model
from p3m.models.state import read_state

LITE = "p3mnet-lite"


@pytest.fixture(scope="module")
def state():
    return create_model(LITE).state_dict()


@pytest.fixture
def checkpoint(folder, state):
    """A checkpoint as training code leaves it: tensors below the top, names with a prefix."""
    tensors = collections.OrderedDict((f"module.{name}", t) for name, t in state.items())
    torch.save({"epoch": 3, "state_dict": tensors}, folder / "ckpt.pth.tar")
    return folder / "ckpt.pth.tar"


def metadata_of(path):
    """The metadata of a safetensors file: JSON after eight bytes of length."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length])["__metadata__"]


def test_a_checkpoint_becomes_tensors_that_say_what_they_are(p3m, folder, checkpoint, state):
    run = p3m("convert", checkpoint, "-o", "made/lite.safetensors")
    assert run.exit_code == 0, run.stderr
    made = folder / "made" / "lite.safetensors"
    sha256 = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    assert f"p3mnet-lite, sha256 {sha256}" in run.stdout
    numbers = sum(tensor.numel() for tensor in state.values())
    assert f"{len(state)} tensors of {numbers / 1e6:.2f} M numbers" in run.stdout
    assert metadata_of(made) == {
        "p3m.name": LITE,
        "p3m.source_sha256": sha256,
        "p3m.version": __version__,
    }
    again = read_state(made)
    assert again.keys() == state.keys()
    assert all(torch.equal(again[name], state[name]) for name in state)


def test_a_tensor_of_two_names_is_written_once(p3m, folder):
    state = create_model("p3mnet-r34").state_dict()
    torch.save(state, "r34.pth")
    run = p3m("convert", "r34.pth", "-o", "r34.safetensors", "--model", "p3mnet-r34")
    assert run.exit_code == 0, run.stderr
    names = read_state(folder / "r34.safetensors").keys()
    repeated = len(state) - len(names)
    assert repeated == sum(name.startswith("encoder") for name in state)
    assert f"{repeated} more names stood for some of them" in run.stdout
    again = p3m("convert", "r34.safetensors", "-o", "again.safetensors")
    assert "p3mnet-r34, sha256" in again.stdout
    assert "more names" not in again.stdout


def test_an_existing_file_is_kept_unless_told(p3m, folder, checkpoint):
    (folder / "lite.safetensors").write_bytes(b"precious")
    run = p3m("convert", checkpoint, "-o", "lite.safetensors")
    assert run.exit_code == 1
    assert "exists already; pass --overwrite" in run.stderr
    assert (folder / "lite.safetensors").read_bytes() == b"precious"
    assert p3m("convert", checkpoint, "-o", "lite.safetensors", "--overwrite").exit_code == 0
    assert metadata_of(folder / "lite.safetensors")["p3m.name"] == LITE


def _of_another_network(path, state):
    torch.save({"weight": torch.ones(2, 2)}, path)


def _cut_off(path, state):
    torch.save(dict(state), path)
    path.write_bytes(path.read_bytes()[:100_000])


def _with_code(path, state):
    torch.save({"state_dict": dict(state), "options": argparse.Namespace()}, path)


def _missing(path, state):
    pass


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        (_of_another_network, "fit no network of the catalogue"),
        (_cut_off, "not a readable weights file; it is damaged, incomplete or of another kind"),
        (_with_code, "holds more than tensors (argparse.Namespace)"),
        (_missing, "bad.pth: no such weights file"),
    ],
)
def test_what_cannot_be_read_is_one_line_with_the_cure(p3m, folder, state, damage, text):
    damage(folder / "bad.pth", state)
    for command, made in (("convert", "made.safetensors"), ("export", "made.onnx")):
        run = p3m(command, "bad.pth", "-o", made)
        assert run.exit_code == 1
        assert text in run.stderr
        assert run.stderr.count("\n") == 1
        assert not (folder / made).exists()


@pytest.mark.parametrize("target", ["lite.pth", "made.txt", "made.safetensors"])
def test_export_writes_onnx_files_only(p3m, folder, checkpoint, target):
    (folder / "lite.pth").write_bytes(Path(checkpoint).read_bytes())
    before = (folder / "lite.pth").read_bytes()
    run = p3m("export", "lite.pth", "-o", target, "--overwrite")
    assert run.exit_code == 2
    assert ".onnx files are written; name it" in run.stderr
    assert (folder / "lite.pth").read_bytes() == before


def test_another_networks_checkpoint_is_refused_by_name(p3m, folder, checkpoint):
    run = p3m("convert", checkpoint, "-o", "x.safetensors", "--model", "p3m-basic")
    assert run.exit_code == 1
    assert "do not fit P3MBasic" in run.stderr
    run = p3m("convert", checkpoint, "-o", "x.safetensors", "--model", "p3m-basics")
    assert run.exit_code == 1
    assert "Did you mean 'p3m-basic'" in run.stderr
    assert not (folder / "x.safetensors").exists()


def test_the_checkpoint_is_not_written_over(p3m, folder, checkpoint):
    assert p3m("convert", checkpoint, "-o", "lite.safetensors").exit_code == 0
    before = (folder / "lite.safetensors").read_bytes()
    run = p3m("convert", "lite.safetensors", "-o", "lite.safetensors", "--overwrite")
    assert run.exit_code == 1
    assert "is the checkpoint itself" in run.stderr
    assert (folder / "lite.safetensors").read_bytes() == before


def test_a_name_that_would_not_be_read_again_is_refused(p3m, folder, checkpoint):
    run = p3m("convert", checkpoint, "-o", "lite.pth")
    assert run.exit_code == 2
    assert "name it lite.safetensors" in run.stderr
    assert not (folder / "lite.pth").exists()


def test_a_folder_that_takes_no_file_is_told(p3m, folder, checkpoint):
    (folder / "file").touch()
    run = p3m("convert", checkpoint, "-o", "file/x.safetensors")
    assert run.exit_code == 1
    assert "cannot be written" in run.stderr
    assert run.stderr.count("\n") == 1


@pytest.mark.onnx
def test_what_was_converted_is_exported_in_eight_bits_and_used(p3m, folder, checkpoint, put):
    assert p3m("convert", checkpoint, "-o", "lite.safetensors").exit_code == 0
    run = p3m("export", LITE, "--weights", "lite.safetensors", "-o", "lite.onnx", "--int8")
    assert run.exit_code == 0, run.stderr
    assert "lite.onnx: 3." in run.stdout
    assert "greatest difference to the network: " in run.stdout
    assert "greatest difference of eight bits, on noise: " in run.stdout
    put("me.jpg")
    run = p3m("matte", "me.jpg", "--model", "lite.onnx", "-o", "cut.png")
    assert run.exit_code == 0, run.stderr
    assert (folder / "cut.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([LITE], "no weights of its own: add --weights FILE"),
        ([LITE, "--half", "--int8"], "--half and --int8 are two ways to store"),
    ],
)
def test_what_cannot_be_meant_is_a_mistake(p3m, folder, arguments, text):
    run = p3m("export", *arguments, "-o", "x.onnx")
    assert run.exit_code == 2
    assert text in run.stderr


@pytest.mark.parametrize("command", ["convert", "export"])
def test_without_torch_it_says_what_to_install(p3m, monkeypatch, command):
    monkeypatch.setattr("p3m.core.extras.find_spec", lambda name: None if name == "torch" else name)
    run = p3m(command, "weights.pt", "-o", "x")
    assert run.exit_code == 1
    assert f'p3m {command} needs an optional dependency: pip install "p3m[train]"' in run.stderr
