"""Tests of p3m.data.contents."""

import numpy as np
import PIL.Image
import pytest

from p3m.core.errors import InputError
from p3m.data.contents import check_contents
from p3m.data.portraits import read_portrait_folder
from support.pack import write_pack


def check(root) -> None:
    folder = read_portrait_folder(root)
    check_contents(folder.portraits, folder.backgrounds)


def test_a_sound_folder_passes(tmp_path) -> None:
    check(write_pack(tmp_path))


def test_a_mask_without_a_face_passes(tmp_path) -> None:
    root = write_pack(tmp_path)
    PIL.Image.new("L", (72, 96)).save(root / "facemask" / "p0.png")
    check(root)


def test_all_that_cannot_be_used_is_told_at_once(tmp_path) -> None:
    root = write_pack(tmp_path)
    for path in (root / "alpha" / "p0.png", root / "facemask" / "p1.png"):
        steps = np.asarray(PIL.Image.open(path)) > 127
        PIL.Image.fromarray(steps.astype(np.uint8)).save(path)
    scene = root / "backgrounds" / "b2.png"
    scene.write_bytes(scene.read_bytes()[:500])
    with pytest.raises(InputError, match="3 of the files cannot be used") as told:
        check(root)
    text = str(told.value)
    assert "p0.png: holds 0 and 1 where 0 and 255 are meant" in text
    assert "p1.png: holds 0 and 1 where 0 and 255 are meant" in text
    assert f"{scene}: the PNG file is damaged" in text
