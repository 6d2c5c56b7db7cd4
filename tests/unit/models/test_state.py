import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from p3m.core.errors import InputError, WeightsError, WeightsMismatchError
from p3m.models.state import load_state, read_state, save_state, shared_names


class Twice(nn.Module):
    """A network whose state lists one layer's tensors under two names."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Linear(2, 3)
        self.levels = nn.Sequential(self.stem)
        self.head = nn.Linear(3, 1)


class Custom:
    """Something that a pickle cannot bring back without running code."""


@pytest.fixture
def state() -> dict[str, torch.Tensor]:
    return {"weight": torch.ones(2, 2), "bias": torch.zeros(2)}


def save(path: Path, content: object, *, legacy: bool) -> Path:
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    return path


formats = pytest.mark.parametrize("legacy", [False, True], ids=["zip", "before torch 1.6"])


@formats
@pytest.mark.parametrize("suffix", [".pt", ".pth", ".pth.tar"])
@pytest.mark.parametrize(
    "wrap",
    [
        dict,
        lambda state: {"state_dict": state, "epoch": 150, "best": torch.tensor(8.7)},
        lambda state: {"model": state, "config": {"depth": [2, 2]}},
        lambda state: {"state_dict": {f"module.{name}": value for name, value in state.items()}},
    ],
    ids=["plain", "state_dict", "model", "data-parallel"],
)
def test_every_form_of_torch_file_is_read_alike(
    tmp_path: Path, state, wrap: Callable, suffix: str, legacy: bool
) -> None:
    read = read_state(save(tmp_path / f"weights{suffix}", wrap(state), legacy=legacy))
    assert read.keys() == state.keys()
    assert all(torch.equal(read[name], state[name]) for name in state)


def test_safetensors_are_read(tmp_path: Path, state) -> None:
    save_file(state, tmp_path / "a.safetensors")
    assert torch.equal(read_state(tmp_path / "a.safetensors")["weight"], state["weight"])


def test_a_prefix_that_some_names_lack_is_part_of_the_names(tmp_path: Path) -> None:
    state = {"module.weight": torch.ones(1), "bias": torch.ones(1)}
    assert read_state(save(tmp_path / "a.pt", state, legacy=False)).keys() == state.keys()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none.pt: no such weights file"):
        read_state(tmp_path / "none.pt")


@pytest.mark.parametrize("name", ["broken.safetensors", "broken.pt"])
@pytest.mark.parametrize("content", [b"", b"not weights", b"PK\x03\x04", b"\x80\x02"])
def test_a_file_of_another_kind_is_an_error(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WeightsError, match=f"{name}: not a readable weights file"):
        read_state(tmp_path / name)


@formats
def test_a_file_cut_off_anywhere_is_an_error(tmp_path: Path, state, legacy: bool) -> None:
    path = save(tmp_path / "whole.pth", {"state_dict": state}, legacy=legacy)
    content = path.read_bytes()
    for length in range(0, len(content), 31):
        path.write_bytes(content[:length])
        with pytest.raises(WeightsError, match="whole.pth: .*(damaged, incomplete|cut off)"):
            read_state(path)


@formats
@pytest.mark.parametrize("content", [nn.Linear(2, 2), {"state_dict": {}, "args": Custom()}])
def test_a_file_that_needs_more_than_tensors_is_refused(
    tmp_path: Path, content: object, legacy: bool
) -> None:
    path = save(tmp_path / "model.pth", content, legacy=legacy)
    with pytest.raises(WeightsError, match=r"holds more than tensors \(\S+\).* runs no code"):
        read_state(path)


def test_no_code_in_a_pickle_is_run(tmp_path: Path) -> None:
    class Payload:
        def __reduce__(self):
            return Path.touch, (tmp_path / "touched",)

    (tmp_path / "payload.pth").write_bytes(pickle.dumps(Payload(), protocol=2))
    with pytest.raises(WeightsError):
        read_state(tmp_path / "payload.pth")
    assert not (tmp_path / "touched").exists()


@pytest.mark.parametrize(
    "content", [{"weight": [1, 2]}, {}, torch.ones(1), {"state_dict": {"epoch": 1}}]
)
def test_a_file_of_other_things_is_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises(WeightsError, match="must map names to tensors"):
        read_state(save(tmp_path / "other.pt", content, legacy=False))


def test_what_does_not_fit_is_listed_by_name() -> None:
    state = {"weight": torch.ones(3, 3), "extra": torch.ones(1)}
    with pytest.raises(
        WeightsMismatchError, match="missing: bias; unexpected: extra; of another shape: weight"
    ) as caught:
        load_state(nn.Linear(2, 2), state)
    assert caught.value.missing == ("bias",)
    assert caught.value.unexpected == ("extra",)
    assert caught.value.misshapen == ("weight",)


def test_of_many_names_the_first_are_said_and_all_are_kept() -> None:
    model = nn.Sequential(*(nn.Linear(1, 1) for _ in range(4)))
    with pytest.raises(
        WeightsMismatchError, match=r"missing: 0.weight, 0.bias, 1.weight and 5 more\.$"
    ) as caught:
        load_state(model, {})
    assert caught.value.missing == tuple(model.state_dict())


def test_a_state_that_does_not_fit_changes_nothing() -> None:
    model = nn.Linear(2, 2)
    before = model.weight.detach().clone()
    with pytest.raises(WeightsMismatchError):
        load_state(model, {"weight": torch.full((2, 2), 5.0)})
    assert torch.equal(model.weight, before)


def test_shared_tensors_are_known_by_their_first_name() -> None:
    assert shared_names(Twice()) == {
        "levels.0.weight": "stem.weight",
        "levels.0.bias": "stem.bias",
    }


def test_shared_tensors_are_written_once_and_read_into_all_names(tmp_path: Path) -> None:
    model, path = Twice(), tmp_path / "run" / "weights.safetensors"
    save_state(path, model)
    assert load_file(path).keys() == {"stem.weight", "stem.bias", "head.weight", "head.bias"}
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    again = Twice()
    load_state(again, read_state(path))
    assert all(
        torch.equal(value, model.state_dict()[name]) for name, value in again.state_dict().items()
    )


def test_only_what_is_named_is_written(tmp_path: Path) -> None:
    save_state(tmp_path / "some.safetensors", Twice(), only={"stem.weight", "head.bias", "none"})
    assert load_file(tmp_path / "some.safetensors").keys() == {"stem.weight", "head.bias"}


@pytest.mark.parametrize("left_out", ["stem", "levels.0", None])
def test_a_shared_tensor_may_be_given_under_either_name_or_both(left_out: str | None) -> None:
    model = Twice()
    state = {
        name: torch.full_like(value, 2)
        for name, value in model.state_dict().items()
        if left_out is None or not name.startswith(left_out)
    }
    load_state(model, state)
    assert float(model.stem.weight.detach().min()) == 2


def test_two_values_for_one_tensor_are_an_error() -> None:
    model = Twice()
    state = model.state_dict() | {"levels.0.bias": torch.full((3,), 9.0)}
    with pytest.raises(WeightsError, match="levels.0.bias and stem.bias are one tensor in Twice"):
        load_state(model, state)


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX permissions")
def test_others_may_read_what_is_written_as_the_umask_says(tmp_path: Path) -> None:
    save_state(tmp_path / "some.safetensors", Twice())
    (tmp_path / "plain").touch()
    modes = [(tmp_path / name).stat().st_mode for name in ("some.safetensors", "plain")]
    assert modes[0] == modes[1]
