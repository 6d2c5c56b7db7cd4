"""What an audit looks at, and what it tells of the rest."""

import os
from pathlib import Path

import pytest

from p3m.core.errors import InputError
from p3m.pipelines.audit_sources import audit_sources
from support.files import touch


@pytest.fixture
def release(tmp_path):
    """A folder with a picture, a text and a picture deeper down."""
    touch(tmp_path, "release/a.jpg", "release/note.txt", "release/deep/b.jpg", "private/c.jpg")
    return tmp_path / "release"


def test_a_linked_folder_is_told(release):
    (release / "deep" / "more").symlink_to(release.parent / "private", target_is_directory=True)
    found = audit_sources(release, recursive=True)
    assert [source.place.as_posix() for source in found.pictures] == ["a.jpg", "deep/b.jpg"]
    ((place, reason),) = found.unread
    assert place == Path("deep/more")
    assert "a link to a folder" in reason
    assert audit_sources(release, recursive=False).unread == ()


def test_a_folder_that_cannot_be_read_is_told(release, monkeypatch):
    scandir = os.scandir

    def guarded(path):
        if Path(path).name == "deep":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    found = audit_sources(release, recursive=True)
    assert found.unread == ((Path("deep"), "the folder cannot be read (Permission denied)"),)
    assert (len(found.pictures), found.skipped) == (1, 1)


def test_a_folder_of_links_alone_is_no_error(release):
    (release.parent / "links").mkdir()
    (release.parent / "links" / "all").symlink_to(release, target_is_directory=True)
    assert len(audit_sources(release.parent / "links", recursive=True).unread) == 1
    (release.parent / "empty").mkdir()
    with pytest.raises(InputError, match="no pictures"):
        audit_sources(release.parent / "empty", recursive=True)


def test_one_file_is_no_folder_that_cannot_be_read(release):
    found = audit_sources(release / "a.jpg", recursive=True)
    assert (len(found.pictures), found.unread, found.skipped) == (1, (), 0)
