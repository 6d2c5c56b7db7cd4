import pytest
from PIL import Image as PilImage

from p3m.core.errors import InputError
from p3m.data.portraits import read_portrait_folder
from p3m.data.sizes import check_sizes, picture_size
from support.pack import write_pack


def test_a_sound_folder_passes(tmp_path) -> None:
    folder = read_portrait_folder(write_pack(tmp_path))
    check_sizes(folder.portraits, folder.backgrounds)


def test_a_background_that_is_no_picture_is_told(tmp_path) -> None:
    root = write_pack(tmp_path)
    (root / "backgrounds" / "b1.png").write_bytes(b"no picture")
    folder = read_portrait_folder(root)
    with pytest.raises(InputError, match=r"1 of the files .+b1\.png: no readable picture\.$"):
        check_sizes(folder.portraits, folder.backgrounds)


def test_everything_wrong_is_told_at_once(tmp_path) -> None:
    root = write_pack(tmp_path, people=5)
    PilImage.new("L", (10, 20)).save(root / "alpha" / "p0.png")
    PilImage.new("L", (96, 72)).save(root / "facemask" / "p1.png")
    (root / "alpha" / "p2.png").write_bytes(b"no picture")
    (root / "portraits" / "p4.png").write_bytes(b"")
    with pytest.raises(InputError) as error:
        check_sizes(read_portrait_folder(root).portraits)
    text = str(error.value)
    assert text.startswith("4 of the files cannot be used: ")
    assert "p0.png: 10x20, but its picture is 72x96" in text
    assert "p1.png: 96x72, but its picture is 72x96" in text
    assert f"{root / 'alpha' / 'p2.png'}: no readable picture" in text
    assert f"{root / 'portraits' / 'p4.png'}: no readable picture" in text
    assert "p3" not in text


def test_a_turned_picture_is_as_large_as_it_is_shown(tmp_path) -> None:
    exif = PilImage.Exif()
    exif[0x0112] = 6
    PilImage.new("RGB", (30, 20)).save(tmp_path / "turned.jpg", exif=exif)
    assert picture_size(tmp_path / "turned.jpg") == (30, 20)
    PilImage.new("RGB", (30, 20)).save(tmp_path / "plain.jpg")
    assert picture_size(tmp_path / "plain.jpg") == (20, 30)
