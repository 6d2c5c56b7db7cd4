import pytest
import torch
from safetensors.torch import save_file

from p3m.core.errors import InputError, WeightsError
from p3m.models.state import load_state, read_state


def test_safetensors_and_plain_tensors_are_read_alike(tmp_path) -> None:
    state = {"weight": torch.ones(2, 2)}
    save_file(state, tmp_path / "a.safetensors")
    torch.save(state, tmp_path / "a.pt")
    for name in ("a.safetensors", "a.pt"):
        assert torch.equal(read_state(tmp_path / name)["weight"], state["weight"])


def test_a_missing_file_is_named(tmp_path) -> None:
    with pytest.raises(InputError, match="none.pt: no such weights file"):
        read_state(tmp_path / "none.pt")


@pytest.mark.parametrize("name", ["broken.safetensors", "broken.pt"])
def test_a_damaged_file_is_an_error(tmp_path, name: str) -> None:
    (tmp_path / name).write_bytes(b"not weights")
    with pytest.raises(WeightsError, match=f"{name}: not a readable weights file"):
        read_state(tmp_path / name)


def test_a_file_of_other_things_is_refused(tmp_path) -> None:
    torch.save({"weight": [1, 2]}, tmp_path / "list.pt")
    with pytest.raises(WeightsError, match="must map names to tensors"):
        read_state(tmp_path / "list.pt")


def test_what_does_not_fit_is_listed_by_name() -> None:
    state = {"weight": torch.ones(3, 3), "extra": torch.ones(1)}
    with pytest.raises(
        WeightsError, match="missing: bias; unexpected: extra; of another shape: weight"
    ):
        load_state(torch.nn.Linear(2, 2), state)
