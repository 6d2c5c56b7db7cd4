import pytest

from p3m.core.errors import InputError
from p3m.data.portraits import read_portrait_folder
from support.pack import write_pack


def test_a_folder_is_found_by_stems(tmp_path) -> None:
    folder = read_portrait_folder(write_pack(tmp_path, people=3, scenes=2))
    assert [p.name for p in folder.portraits] == ["p0", "p1", "p2"]
    assert all(p.group == p.name and p.face_mask is not None for p in folder.portraits)
    assert [b.group for b in folder.backgrounds] == ["b0", "b1"]


def test_a_manifest_says_who_is_who(tmp_path) -> None:
    root = write_pack(tmp_path, people=2)
    (root / "portraits" / "p0.png").rename(root / "portraits" / "cod_p0.png")
    (root / "alpha" / "p0.png").rename(root / "alpha" / "cod_p0.png")
    (root / "manifest.csv").write_text(
        "name,person_or_scene_id,source_repo,quality,licence\n"
        "cod_p0,x:1,codrops/One,B,Unsplash\np1,ann,gov/two,C,MIT\nb0,park,,,\nb1,park,,,\n",
        encoding="utf-8",
    )
    folder = read_portrait_folder(root)
    unnamed, ann = folder.portraits
    assert (unnamed.group, unnamed.family, unnamed.face_mask) == ("codrops/One", "codrops", None)
    assert (ann.group, ann.family, ann.quality, ann.licence) == ("ann", "gov", "C", "MIT")
    assert [b.group for b in folder.backgrounds] == ["park", "park", "b2"]


def test_a_picture_without_alpha_is_named(tmp_path) -> None:
    root = write_pack(tmp_path)
    (root / "alpha" / "p1.png").unlink()
    with pytest.raises(InputError, match="1 of 4 pictures have no alpha: p1"):
        read_portrait_folder(root)


def test_a_missing_folder_is_named(tmp_path) -> None:
    with pytest.raises(InputError, match="needs a folder named portraits or images"):
        read_portrait_folder(tmp_path)


def test_an_empty_folder_is_an_error(tmp_path) -> None:
    (tmp_path / "portraits").mkdir()
    (tmp_path / "alpha").mkdir()
    with pytest.raises(InputError, match="portraits: holds no pictures"):
        read_portrait_folder(tmp_path)


def test_all_pictures_without_alpha_are_named(tmp_path) -> None:
    root = write_pack(tmp_path, people=9)
    for number in range(1, 9):
        (root / "alpha" / f"p{number}.png").unlink()
    with pytest.raises(InputError, match="8 of 9 .*: p1, p2, p3, p4, p5, p6, p7, p8"):
        read_portrait_folder(root)


def test_backgrounds_are_needed_only_where_asked_for(tmp_path) -> None:
    root = write_pack(tmp_path)
    for path in (root / "backgrounds").iterdir():
        path.unlink()
    (root / "backgrounds").rmdir()
    assert read_portrait_folder(root, scenes=False).backgrounds == ()
    with pytest.raises(InputError, match="needs a folder named backgrounds"):
        read_portrait_folder(root)
