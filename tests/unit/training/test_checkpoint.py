import pytest
import torch

from p3m.core.errors import OutputError, TrainingError
from p3m.training.checkpoint import read_checkpoint, write_checkpoint


def test_what_is_written_comes_back(tmp_path) -> None:
    write_checkpoint(tmp_path / "new" / "c.pt", {"step": 3, "model": {"w": torch.ones(2)}})
    state = read_checkpoint(tmp_path / "new" / "c.pt")
    assert state["step"] == 3
    assert torch.equal(state["model"]["w"], torch.ones(2))
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["c.pt"]


@pytest.mark.parametrize("error", [OSError("disk full"), RuntimeError("disk full")])
def test_a_failed_write_leaves_the_old_checkpoint(tmp_path, monkeypatch, error) -> None:
    write_checkpoint(tmp_path / "c.pt", {"step": 1})

    def fail(state, file) -> None:
        file.write(b"half")
        raise error

    monkeypatch.setattr(torch, "save", fail)
    with pytest.raises(OutputError, match=r"c\.pt: the checkpoint cannot be written \(disk full\)"):
        write_checkpoint(tmp_path / "c.pt", {"step": 2})
    assert read_checkpoint(tmp_path / "c.pt") == {"step": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["c.pt"]


def test_a_damaged_checkpoint_is_named(tmp_path) -> None:
    (tmp_path / "c.pt").write_bytes(b"half")
    with pytest.raises(TrainingError, match=r"c\.pt: not a readable checkpoint"):
        read_checkpoint(tmp_path / "c.pt")
    write_checkpoint(tmp_path / "c.pt", {"model": torch.ones(1000)})
    whole = (tmp_path / "c.pt").read_bytes()
    (tmp_path / "c.pt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(TrainingError, match=r"c\.pt: not a readable checkpoint"):
        read_checkpoint(tmp_path / "c.pt")


def test_a_checkpoint_may_not_run_anything(tmp_path) -> None:
    torch.save({"step": pytest.fail}, tmp_path / "c.pt")
    with pytest.raises(TrainingError, match=r"c\.pt: not a readable checkpoint"):
        read_checkpoint(tmp_path / "c.pt")
