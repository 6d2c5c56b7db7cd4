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


@pytest.mark.parametrize(
    ("encoding", "separator"),
    [("utf-8-sig", ","), ("utf-8", ";"), ("utf-8", "\t"), ("utf-8-sig", ";")],
)
def test_a_manifest_may_come_from_a_spreadsheet(tmp_path, encoding, separator) -> None:
    root = write_pack(tmp_path, people=3)
    rows = [
        ["name", "person_or_scene_id", "source_repo", "quality"],
        ["p0", "änn", "gov/two", "C"],
        ["p1", "", "", ""],
        ["p2"],
    ]
    text = "\n".join(separator.join(row) for row in rows) + "\n"
    (root / "manifest.csv").write_text(text, encoding=encoding)
    ann, *others = read_portrait_folder(root).portraits
    assert (ann.group, ann.family, ann.quality) == ("änn", "gov", "C")
    assert [(p.group, p.family, p.quality) for p in others] == [
        ("p1", "own", "A"),
        ("p2", "own", "A"),
    ]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("name,quality\np0,ä\n".encode("latin-1"), "UTF-8"),
        (b"file,quality\np0,A\n", "no column called name"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_told(tmp_path, content, text) -> None:
    root = write_pack(tmp_path)
    (root / "manifest.csv").write_bytes(content)
    with pytest.raises(InputError, match=f"manifest.csv: .*{text}"):
        read_portrait_folder(root)


def test_without_a_manifest_everybody_is_a_person_of_their_own_whatever_their_names(
    tmp_path,
) -> None:
    root = write_pack(tmp_path, people=2)
    for folder in ("portraits", "alpha", "facemask"):
        (root / folder / "p0.png").rename(root / folder / "cod_p0.png")
    assert [p.group for p in read_portrait_folder(root).portraits] == ["cod_p0", "p1"]


def test_what_systems_leave_beside_pictures_is_passed_over(tmp_path) -> None:
    root = write_pack(tmp_path, people=2)
    (root / "portraits" / "._p0.png").write_bytes(b"macOS")
    (root / "portraits" / "old.png").mkdir()
    assert [p.name for p in read_portrait_folder(root).portraits] == ["p0", "p1"]


def test_two_pictures_of_one_name_are_refused(tmp_path) -> None:
    root = write_pack(tmp_path)
    (root / "portraits" / "p0.jpg").write_bytes((root / "portraits" / "p0.png").read_bytes())
    with pytest.raises(InputError, match=r"p0\.png: p0\.jpg has the same name"):
        read_portrait_folder(root)


def test_masks_of_no_picture_are_known(tmp_path) -> None:
    root = write_pack(tmp_path)
    (root / "facemask" / "p0.png").rename(root / "facemask" / "p0_mask.png")
    assert read_portrait_folder(root).strange_masks == ("p0_mask",)
