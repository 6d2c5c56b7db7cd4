"""`p3m anonymize` on real files with the real detector."""

import json
from io import BytesIO
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from PIL import ExifTags

import p3m
from p3m.imaging.io import read_alpha, read_image, write_picture
from p3m.imaging.metadata import find_metadata
from p3m.privacy.contract import Face
from p3m.privacy.region import faces_region
from support.images import noise


@pytest.fixture
def album(folder, project):
    """A real portrait as PNG, JPEG and within a folder, and a picture of nobody."""
    image = read_image(project / "examples" / "portrait.jpg")[::2, ::2]
    (folder / "album" / "deep").mkdir(parents=True)
    exif = PIL.Image.Exif()
    exif[ExifTags.Base.Artist] = "A. Name"
    exif[ExifTags.Base.Orientation] = 6
    PIL.Image.fromarray(image).save("album/a.png")
    PIL.Image.fromarray(np.rot90(image)).save("album/b.jpg", quality=90, exif=exif)
    PIL.Image.fromarray(image[:, ::-1]).save("album/deep/c.webp", lossless=True)
    PIL.Image.fromarray(noise(64, 64)).save("album/nobody.png")
    return image


def written():
    return sorted(path.as_posix() for path in Path("out").rglob("*") if path.is_file())


def entries(path):
    return {entry["input"]: entry for entry in map(json.loads, Path(path).read_text().splitlines())}


def test_a_folder_keeps_its_structure_and_loses_its_faces(p3m, album):
    before = {path: path.read_bytes() for path in Path("album").rglob("*.*")}
    result = p3m("anonymize", "album", "-o", "out", "-r", "--ledger", "l.jsonl", "--threads", 1)
    assert result.exit_code == 0, result.output
    assert written() == ["out/a.png", "out/b.jpg", "out/deep/c.webp", "out/nobody.png"]
    assert "look at album/nobody.png: no face was found" in result.stderr
    assert "4 written, 3 faces hidden, 1 without a face" in result.stderr
    assert {path: path.read_bytes() for path in Path("album").rglob("*.*")} == before
    ledger = entries("l.jsonl")
    assert set(ledger) == {"a.png", "b.jpg", "deep/c.webp", "nobody.png"}
    (face,) = ledger["a.png"]["faces"]
    changed = (read_image("out/a.png") != album).any(axis=2)
    region = faces_region([p3m_face(face)], changed.shape)
    assert not (changed & ~region).any()
    assert changed[region].mean() > 0.95
    assert ledger["a.png"]["covered_px"] == region.sum()
    np.testing.assert_array_equal(read_image("out/nobody.png"), noise(64, 64))


def p3m_face(record):
    landmarks = record["landmarks"]
    return Face(box=record["box"], landmarks=landmarks and tuple(map(tuple, landmarks)))


def test_metadata_goes_and_the_orientation_is_applied(p3m, album):
    result = p3m("anonymize", "album/b.jpg", "-o", "out", "--json", "--threads", 1)
    assert json.loads(result.stdout)["metadata_removed"] == ["exif"]
    content = Path("out/b.jpg").read_bytes()
    assert find_metadata(content, "b") == ()
    assert PIL.Image.open(BytesIO(content)).size == album.shape[1::-1]


def test_a_dry_run_writes_sheets_and_a_ledger_that_can_be_edited_and_replayed(p3m, album):
    assert p3m("anonymize", "album", "-o", "out", "--dry-run", "--threads", 1).exit_code == 0
    assert written() == ["out/ledger.jsonl", "out/review-001.jpg"]
    ledger = entries("out/ledger.jsonl")
    assert ledger["a.png"]["status"] == "planned"
    ledger["a.png"]["faces"] = [{"id": 1, "box": [10, 20, 60, 90]}]
    Path("edited.jsonl").write_text("\n".join(map(json.dumps, ledger.values())))
    result = p3m("anonymize", "album/a.png", "-o", "again", "--replay", "edited.jsonl")
    assert result.exit_code == 0, result.output
    rows, columns = np.nonzero((read_image("again/a.png") != album).any(axis=2))
    assert (rows.min() < 20, columns.min() < 10) == (True, True)
    assert 88 <= rows.max() < 103
    assert 58 <= columns.max() < 73


def test_a_ledger_of_other_files_is_refused(p3m, album):
    p3m("anonymize", "album/a.png", "-o", "out", "--dry-run", "--threads", 1)
    result = p3m("anonymize", "album/nobody.png", "-o", "o", "--replay", "out/ledger.jsonl")
    assert result.exit_code == 1
    assert "has no entry for this content" in result.stderr
    assert not Path("o/nobody.png").exists()


def test_a_face_can_stay(p3m, album):
    result = p3m("anonymize", "album/a.png", "-o", "out", "--keep", "a.png#1", "--threads", 1)
    assert "0 faces hidden, 1 kept" in result.stderr
    np.testing.assert_array_equal(read_image("out/a.png"), album)


def test_doubt_can_be_a_failure(p3m, album):
    result = p3m("anonymize", "album", "-o", "out", "--fail-on-doubt", "--threads", 1)
    assert result.exit_code == 1
    assert "nobody.png: no face was found. Nothing was written" in result.stderr
    assert written() == ["out/a.png", "out/b.jpg"]


def test_faces_come_from_boxes_masks_and_alphas_spare_the_transition(p3m, album):
    height, width = album.shape[:2]
    Path("boxes.json").write_text(json.dumps({"a.png": [[10, 20, 60, 90]]}))
    ramp = np.zeros((height, width), np.float32)
    ramp[:, 30:50] = np.linspace(0, 1, 20, dtype=np.float32)
    ramp[:, 50:] = 1
    write_picture(Path("alphas/a.png"), ramp)
    result = p3m(
        "anonymize", "album/a.png", "-o", "out/a.png", "--detector", "boxes:boxes.json",
        "--alpha", "alphas", "--facemask", "masks", "--effect", "solid",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    mask = read_alpha("masks/a.png") > 0.5
    assert mask.any()
    assert not mask[:, 30:50].any()
    np.testing.assert_array_equal(read_image("out/a.png")[~mask], album[~mask])
    result = p3m("anonymize", "album/a.png", "-o", "again", "--detector", "masks:masks")
    assert "written" in result.stderr


def test_a_bad_file_is_reported_and_the_others_go_on(p3m, album):
    Path("album/broken.png").write_bytes(Path("album/a.png").read_bytes()[:500])
    Path("album/text.png").write_text("no picture")
    result = p3m("anonymize", "album", "-o", "out", "--threads", 1)
    assert result.exit_code == 1
    assert written() == ["out/a.png", "out/b.jpg", "out/nobody.png"]
    assert "broken.png: the PNG file is damaged" in result.stderr
    assert "text.png: not a picture" in result.stderr


def test_nothing_is_written_over(p3m, album):
    args = ("anonymize", "album/a.png", "-o", "out", "--threads", 1)
    assert p3m(*args).exit_code == 0
    again = p3m(*args)
    assert again.exit_code == 1
    assert "exists already" in again.stderr
    assert p3m(*args, "--overwrite").exit_code == 0
    assert "is an input" in p3m("anonymize", "album", "-o", "album").stderr


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--keep", "me"], "names no face"),
        (["--keep-metadata", "icc,gps"], "gps cannot be kept"),
        (["--detector", "eyes"], "finds no faces"),
        (["--alpha", "x", "--matte"], "leave --alpha or --matte out"),
        (["--replay", "x", "--threshold", "0.5"], "leave --threshold out"),
    ],
)
def test_what_cannot_be_meant_is_a_wrong_command_line(p3m, album, options, text):
    result = p3m("anonymize", "album/a.png", "-o", "out", *options)
    assert result.exit_code == 2
    assert text in result.stderr


def test_the_facade_gives_picture_faces_and_mask(album):
    hidden = p3m.anonymize("album/a.png", effect="mosaic", strength=4)
    assert len(hidden.faces) == 1
    changed = (hidden.image != album).any(axis=2)
    assert not (changed & ~hidden.mask).any()
    assert p3m.anonymize(album, faces=[]).faces == ()
