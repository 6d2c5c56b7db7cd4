"""`p3m audit` as the gate of a data release, with the real detector."""

import json
import re
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from PIL import ExifTags

from p3m.imaging.io import read_image
from support.images import noise


@pytest.fixture
def album(folder, project, p3m):
    """Originals in ``album``, and the same anonymized in ``shared``."""
    image = read_image(project / "examples" / "portrait.jpg")[::2, ::2]
    Path("album/deep").mkdir(parents=True)
    PIL.Image.fromarray(image).save("album/a.png")
    PIL.Image.fromarray(image[:, ::-1]).save("album/deep/b.png")
    PIL.Image.fromarray(noise(64, 64)).save("album/nobody.png")
    assert p3m("anonymize", "album", "-o", "shared", "-r", "--threads", 1).exit_code == 0
    return image


def lines(result):
    return {entry["name"]: entry for entry in map(json.loads, result.stdout.splitlines())}


def test_what_was_anonymized_passes_and_the_originals_do_not(p3m, album):
    good = p3m("audit", "shared", "--json", "--threads", 1)
    assert good.exit_code == 0, good.output
    assert set(lines(good)) == {"a.png", "deep/b.png", "nobody.png"}
    bad = p3m("audit", "album", "--threads", 1)
    assert bad.exit_code == 1
    assert "2 identifiable" in bad.stderr
    assert re.search(r"identifiable\s+a\.png: a face at .* can be seen", bad.stdout)


def test_with_originals_what_is_left_is_measured(p3m, album):
    result = p3m("audit", "shared", "--originals", "album", "--json", "--threads", 1)
    assert result.exit_code == 0, result.output
    face = lines(result)["a.png"]["faces"][0]
    assert face["similarity"] < 0.7
    assert face["detail"] < 1.5 < face["detail_before"]


def test_a_thumbnail_or_a_place_fails_the_gate(p3m, album):
    exif = PIL.Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    PIL.Image.open("shared/a.png").save("shared/a.jpg", exif=exif)
    result = p3m("audit", "shared", "--threads", 1)
    assert result.exit_code == 1
    assert "a.jpg: gps is in the file" in result.stdout


def test_the_report_is_one_page_and_json(p3m, album):
    Path("shared/c.png").write_bytes(Path("album/a.png").read_bytes())
    result = p3m("audit", "shared", "--report", "report", "--threads", 1)
    assert result.exit_code == 1
    content = json.loads(Path("report/audit.json").read_text())
    assert content["passed"] is False
    assert content["counts"] == {"identifiable": 1, "doubtful": 0, "clean": 3}
    assert content["files"][0]["name"] == "c.png"
    page = Path("report/audit.html").read_text()
    assert page.count("<img") == 1
    assert not re.search(r"https?://|<script|src=\"(?!data:)", page)
    again = p3m("audit", "shared", "--report", "report", "--threads", 1)
    assert "exists already" in again.stderr


def test_a_picture_that_cannot_be_read_does_not_pass(p3m, album):
    Path("shared/cut.png").write_bytes(Path("album/a.png").read_bytes()[:-2000])
    result = p3m("audit", "shared", "--threads", 1)
    assert result.exit_code == 1
    assert "0 identifiable, 1 doubtful, 3 clean, 1 of these could not be read" in result.stderr


@pytest.mark.parametrize("name", [".hidden.png", "a.jpg_original", ".cache/a.bin"])
def test_a_picture_is_found_whatever_it_is_called(p3m, album, name):
    path = Path("shared") / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(Path("album/a.png").read_bytes())
    result = p3m("audit", "shared", "--threads", 1)
    assert result.exit_code == 1
    assert re.search(rf"identifiable\s+{re.escape(name)}: a face", result.stdout)


def test_what_is_not_audited_is_told(p3m, album):
    Path("shared/film.gif").write_bytes(b"GIF89a")
    Path("shared/README.txt").write_text("BMW, and nobody else")
    result = p3m("audit", "shared", "--threads", 1)
    assert result.exit_code == 0
    assert "film.gif: .gif files are not audited" in result.stdout
    assert "1 doubtful, 3 clean, 1 other files not looked at" in result.stderr
    assert p3m("audit", "shared", "--threads", 1, "--fail-on-doubt").exit_code == 1


def test_originals_behind_a_linked_folder_do_not_pass(p3m, album):
    Path("shared/before").symlink_to(Path("album").absolute(), target_is_directory=True)
    result = p3m("audit", "shared", "--json", "--threads", 1)
    assert result.exit_code == 1
    linked = lines(result)["before"]
    assert (linked["verdict"], linked["unread"]) == ("doubtful", True)
    assert "0 identifiable, 1 doubtful, 3 clean, 1 of these could not be read" in result.stderr


def test_originals_do_not_make_a_negative_clean(p3m, album):
    negative = album.copy()
    rows, columns = (read_image("shared/a.png") != album).any(axis=2).nonzero()
    inside = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
    negative[inside] = 255 - negative[inside]
    PIL.Image.fromarray(negative).save("shared/a.png")
    result = p3m("audit", "shared", "--originals", "album", "--json", "--threads", 1)
    assert lines(result)["a.png"]["verdict"] == "doubtful"


def test_colours_below_transparency_are_looked_at(p3m, album):
    clear = np.zeros(album.shape[:2], np.uint8)
    PIL.Image.fromarray(np.dstack([album, clear])).save("shared/a.png")
    result = p3m("audit", "shared", "--threads", 1)
    assert re.search(r"identifiable\s+a\.png: a face", result.stdout)


def test_wrong_originals_excuse_no_face(p3m, album):
    Path("shared/a.png").write_bytes(Path("album/a.png").read_bytes())
    Path("shared/alone [1].png").write_bytes(Path("album/a.png").read_bytes())
    PIL.Image.fromarray(noise(*album.shape[:2])).save("album/a.png")
    result = p3m("audit", "shared", "--originals", "album", "--threads", 1)
    assert result.exit_code == 1
    for name, doubt in (("a.png", "another picture"), ("alone [1].png", "no original")):
        assert re.search(rf"identifiable\s+{re.escape(name)}: a face.*{doubt}", result.stdout)


def test_an_original_is_found_by_its_stem_and_any_name(p3m, album):
    for folder, suffix in (("shared", "png"), ("album", "bmp")):
        picture = PIL.Image.open(f"{folder}/a.png")
        picture.save(f"{folder}/a [1].{suffix}")
    result = p3m("audit", "shared", "--originals", "album", "--json", "--threads", 1)
    face = lines(result)["a [1].png"]["faces"][0]
    assert face["similarity"] < 0.7


def test_an_original_that_is_missing_or_of_another_size_is_a_doubt(p3m, album):
    Path("album/a.png").unlink()
    PIL.Image.fromarray(np.ascontiguousarray(album[:50])).save("album/deep/b.png")
    result = p3m("audit", "shared", "--originals", "album", "--threads", 1)
    assert "a.png: no original of that name" in result.stdout
    assert "deep/b.png: its original is of another size" in result.stdout


def test_an_empty_folder_and_an_embedder_alone_are_errors(p3m, folder):
    Path("empty").mkdir()
    assert "no pictures" in p3m("audit", "empty").stderr
    result = p3m("audit", "empty", "--embedder", "x.onnx")
    assert "give their folder" in result.stderr
