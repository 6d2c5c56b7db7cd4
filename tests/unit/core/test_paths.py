from pathlib import Path

import pytest

from p3m.core.paths import exists, is_file, is_folder


def test_files_and_folders_are_told_apart(tmp_path):
    file = tmp_path / "file"
    file.touch()
    assert [is_file(file), is_folder(file), exists(file)] == [True, False, True]
    assert [is_file(tmp_path), is_folder(tmp_path), exists(tmp_path)] == [False, True, True]


@pytest.mark.parametrize("name", ["none", "a" * 300, "nul\0"])
@pytest.mark.parametrize("asked", [is_file, is_folder, exists])
def test_what_cannot_be_told_is_not_there(asked, name):
    assert not asked(Path(name))
