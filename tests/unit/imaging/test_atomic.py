"""Tests of p3m.imaging.atomic."""

import errno
import os
from pathlib import Path

import pytest

from p3m.core.errors import OutputError
from p3m.imaging.atomic import check_free, write_atomic


def test_a_file_and_the_folders_above_it_are_made(tmp_path):
    path = tmp_path / "a" / "b" / "c.bin"
    write_atomic(path, b"content")
    assert path.read_bytes() == b"content"
    assert list(path.parent.iterdir()) == [path]


def test_a_new_file_has_the_usual_permissions(tmp_path):
    (tmp_path / "usual").touch()
    write_atomic(tmp_path / "new", b"")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_file_that_exists_is_replaced_only_when_asked(tmp_path):
    path = tmp_path / "c.bin"
    path.write_bytes(b"old")
    with pytest.raises(OutputError, match=r"c\.bin: exists already; pass --overwrite"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    write_atomic(path, b"new", overwrite=True)
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("moment", ["fsync", "replace"])
@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError(errno.ENOSPC, "No space left")])
def test_a_run_that_stops_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, moment, stop):
    path = tmp_path / "c.bin"
    path.write_bytes(b"old")

    def interrupted(*_):
        raise stop

    if moment == "fsync":
        monkeypatch.setattr(os, "fsync", interrupted)
    else:
        monkeypatch.setattr(Path, "replace", interrupted)
    expected = OutputError if isinstance(stop, OSError) else stop
    with pytest.raises(expected):
        write_atomic(path, b"new", overwrite=True)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_name_is_not_there_before_the_content_is_whole(tmp_path, monkeypatch):
    path = tmp_path / "c.bin"
    seen = []
    monkeypatch.setattr(os, "fsync", lambda _: seen.append(path.exists()))
    write_atomic(path, b"content")
    assert seen == [False]


def test_a_full_disk_is_told_with_the_cure(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"cannot be written \(No space left on device\); check"):
        write_atomic(tmp_path / "c.bin", b"content")


def test_a_folder_that_cannot_be_made_is_an_output_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"c\.bin: cannot be written \(.+\); check the folder's"):
        write_atomic(tmp_path / "file" / "c.bin", b"")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_an_output_error(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="Permission denied"):
        write_atomic(tmp_path / "c.bin", b"")


def test_folders_and_devices_are_never_replaced(tmp_path):
    with pytest.raises(OutputError, match="is a folder; name a file"):
        check_free(tmp_path, overwrite=True)
    with pytest.raises(OutputError, match="is not a regular file"):
        check_free(Path(os.devnull), overwrite=True)
