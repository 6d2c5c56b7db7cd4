"""Ways in which a face could stay in a file whose pixels hide it, and runs that go wrong."""

import json
import os
import signal
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest
from PIL import ExifTags

from p3m.imaging.io import read_image
from p3m.imaging.metadata import find_metadata
from p3m.privacy.centerface import CenterFace
from support.images import noise


@pytest.fixture
def portrait(folder, project):
    return read_image(project / "examples" / "portrait.jpg")[::2, ::2]


@pytest.fixture(scope="module")
def find():
    """The faces that a usual search is sure of."""
    detector = CenterFace(threshold=0.5, threads=1)
    return lambda image: detector(np.ascontiguousarray(image))


def saved(image, kind="jpeg", **options):
    file = BytesIO()
    PIL.Image.fromarray(image).save(file, kind, **options)
    return file.getvalue()


def exif_with_thumbnail(thumbnail):
    """EXIF data whose second directory points to a JPEG file; Pillow writes none."""
    start = 8 + 2 + 4 + 2 + 2 * 12 + 4
    body = b"MM\0*" + (8).to_bytes(4, "big") + b"\0\0" + (14).to_bytes(4, "big") + b"\0\x02"
    for tag, value in ((0x0201, start), (0x0202, len(thumbnail))):
        body += tag.to_bytes(2, "big") + b"\0\x04\0\0\0\x01" + value.to_bytes(4, "big")
    return b"Exif\0\0" + body + b"\0\0\0\0" + thumbnail


def pictures_in(content):
    """Every JPEG file that begins anywhere within a file, decoded."""
    at = -1
    while (at := content.find(b"\xff\xd8\xff", at + 1)) >= 0:
        decoded = cv2.imdecode(np.frombuffer(content[at:], np.uint8), cv2.IMREAD_COLOR)
        if decoded is not None:
            yield decoded[..., ::-1]


def hide(p3m, *names, **options):
    extra = [part for name, value in options.items() for part in (f"--{name}", value)]
    return p3m("anonymize", *names, "-o", "out", "--threads", 1, *extra)


def test_the_thumbnail_that_shows_the_face_is_gone(p3m, portrait, find):
    small = cv2.resize(portrait, (160, 160), interpolation=cv2.INTER_AREA)
    thumbnail = saved(small, quality=90)
    Path("in").mkdir()
    Path("in/a.jpg").write_bytes(saved(portrait, exif=exif_with_thumbnail(thumbnail)))
    before = Path("in/a.jpg").read_bytes()
    assert [bool(find(picture)) for picture in pictures_in(before)] == [True, True]
    assert p3m("audit", "in", "--json", "--threads", 1).exit_code == 1
    assert hide(p3m, "in").exit_code == 0
    after = Path("out/a.jpg").read_bytes()
    (picture,) = pictures_in(after)
    assert not find(picture)
    scan = thumbnail[-300:-2]
    assert scan in before
    assert scan not in after
    assert find_metadata(after, "a") == ()
    assert p3m("audit", "out", "--threads", 1).exit_code == 0


def test_a_thumbnail_alone_fails_an_audit(p3m, portrait):
    assert p3m("anonymize", *put(portrait), "-o", "out", "--threads", 1).exit_code == 0
    hidden = read_image("out/a.png")
    thumbnail = saved(portrait[::4, ::4])
    Path("out/a.png").unlink()
    Path("out/a.jpg").write_bytes(saved(hidden, exif=exif_with_thumbnail(thumbnail)))
    result = p3m("audit", "out", "--threads", 1)
    assert result.exit_code == 1
    assert "thumbnail is in the file" in result.stdout


def put(image, name="a.png"):
    PIL.Image.fromarray(image).save(name)
    return (name,)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.webp", "webp"), ("a.png", "png"), ("a.tif", "tiff"), ("a.jpg", "mpo")],
)
def test_further_pictures_in_a_file_are_gone(p3m, portrait, find, name, kind):
    second = PIL.Image.fromarray(np.ascontiguousarray(portrait[:, ::-1]))
    content = saved(portrait, kind, save_all=True, append_images=[second])
    Path(name).write_bytes(content)
    assert "pictures" in find_metadata(content, name)
    assert hide(p3m, name).exit_code == 0
    with PIL.Image.open(Path("out") / name) as written:
        assert getattr(written, "n_frames", 1) == 1
        assert not find(np.asarray(written.convert("RGB")))
    assert find_metadata(Path("out", name).read_bytes(), name) == ()


@pytest.mark.parametrize(("name", "parts"), [("a.tif", "pages"), ("a.webp", "frames")])
def test_further_pictures_in_a_file_are_a_doubt(p3m, folder, name, parts):
    first, *others = (PIL.Image.fromarray(noise(64, 64, seed=seed)) for seed in range(3))
    first.save(name, save_all=True, append_images=others)
    Path("boxes.json").write_text(json.dumps({name: [[10, 10, 50, 50]]}))
    args = ("anonymize", name, "-o", "out", "--detector", "boxes:boxes.json")
    refused = p3m(*args, "--fail-on-doubt")
    assert refused.exit_code == 1
    assert f"only the first of 3 {parts} is taken. Nothing was written" in refused.stderr
    assert not Path("out").exists()
    result = p3m(*args)
    assert result.exit_code == 0
    assert f"look at {name}: only the first of 3 {parts} is taken" in result.stderr


def test_a_face_that_opacity_draws_or_covers_is_hidden(p3m, portrait, find):
    ink = 255 - portrait.mean(axis=2).astype(np.uint8)
    Path("in").mkdir()
    put(np.dstack([np.zeros_like(portrait), ink]), "in/drawn.png")
    put(np.dstack([portrait, np.zeros_like(ink)]), "in/clear.png")
    assert find(read_image("in/drawn.png"))
    assert hide(p3m, "in").exit_code == 0
    assert not find(read_image("out/drawn.png"))
    colours = np.asarray(PIL.Image.open("out/clear.png"))[..., :3]
    assert not find(colours)
    assert p3m("audit", "out", "--threads", 1).exit_code == 0


@pytest.mark.parametrize("bits", [8, 16])
def test_every_face_of_a_group_is_hidden_those_at_the_frame_s_edge_too(p3m, portrait, find, bits):
    face = cv2.resize(portrait, (160, 160), interpolation=cv2.INTER_AREA)
    group = np.tile(face, (3, 4, 1))[:, 60:]
    cv2.imwrite("a.png", group[..., ::-1].astype(np.uint16) * 257 if bits == 16 else group)
    assert len(find(group)) >= 9
    assert hide(p3m, "a.png").exit_code == 0
    assert not find(read_image("out/a.png"))


def test_names_may_be_anything(p3m, portrait):
    tiny = noise(16, 16)
    names = ["in/sp ace ünï.png", "in/new\nline.png", "in/\u2028.png", os.fsdecode(b"in/\xff.png")]
    Path("in").mkdir()
    for name in names:
        put(tiny, name)
    Path("boxes.json").write_text(json.dumps({Path(name).name: [[2, 2, 9, 9]] for name in names}))
    options = {"detector": "boxes:boxes.json", "ledger": "l.jsonl"}
    assert hide(p3m, "in", **options).exit_code == 0
    assert len(list(Path("out").iterdir())) == len(names)
    result = p3m("anonymize", "in", "-o", "again", "--replay", "l.jsonl")
    assert result.exit_code == 0, result.output


def test_masks_and_ledgers_never_replace_an_input(p3m, portrait):
    Path("in").mkdir()
    put(portrait, "in/a.png")
    put(portrait, "in/b.jpg")
    before = {path: path.read_bytes() for path in Path("in").iterdir()}
    wrong = (
        ("--facemask", "in", "is an input"),
        ("--facemask", "out", "would be written to it"),
        ("--ledger", "in/b.jpg", "is a picture of this run"),
    )
    for option, value, text in wrong:
        result = p3m("anonymize", "in", "-o", "out", option, value, "--overwrite")
        assert result.exit_code == 1
        assert text in result.stderr
    Path("notes.txt").write_text("mine")
    assert "is no ledger" in hide(p3m, "in", ledger="notes.txt").stderr
    assert Path("notes.txt").read_text() == "mine"
    assert {path: path.read_bytes() for path in Path("in").iterdir()} == before
    assert not Path("out").exists()


def test_a_file_is_named_as_what_it_is(p3m, portrait):
    put(portrait)
    result = p3m("anonymize", "a.png", "-o", "out.jpg", "--threads", 1)
    assert result.exit_code == 1
    assert "a.png is written as png; name it out.png" in result.stderr
    assert not Path("out.jpg").exists()


def test_a_face_outside_of_the_picture_is_a_doubt(p3m, portrait):
    put(portrait)
    Path("boxes.json").write_text(json.dumps({"a.png": [[5000, 10, 5100, 90]]}))
    result = hide(p3m, "a.png", detector="boxes:boxes.json")
    assert "face 1 lies outside of the picture" in result.stderr


def test_a_ledger_names_no_folder_of_the_machine(p3m, portrait):
    put(portrait)
    Path("boxes.json").write_text(json.dumps({"a.png": [[5, 10, 100, 90]]}))
    hide(p3m, Path("a.png").resolve(), detector=f"boxes:{Path('boxes.json').resolve()}",
         ledger="l.jsonl")  # fmt: skip
    assert str(Path.cwd()) not in Path("l.jsonl").read_text()


def test_a_run_is_gone_on_with(p3m, portrait):
    Path("in/deep").mkdir(parents=True)
    for name in ("a", "b", "deep/c"):
        put(portrait, f"in/{name}.png")
    args = ("anonymize", "in", "-o", "out", "-r", "--threads", 1, "--ledger", "l.jsonl")
    assert p3m(*args).exit_code == 0
    Path("out/b.png").unlink()
    times = {path: path.stat().st_mtime_ns for path in Path("out").rglob("*.png")}
    result = p3m(*args, "--resume")
    assert result.exit_code == 0, result.output
    assert "1 written" in result.stderr
    assert "2 done before" in result.stderr
    assert {path: path.stat().st_mtime_ns for path in times} == times
    assert Path("out/b.png").is_file()
    other = p3m(*args, "--resume", "--effect", "solid")
    assert other.exit_code == 1
    assert "exists already" in other.stderr
    assert "give its --ledger" in p3m("anonymize", "in", "-o", "out", "--resume").stderr


def test_a_face_that_stayed_is_hidden_by_a_run_that_goes_on(p3m, portrait, find):
    exif = PIL.Image.Exif()
    exif[ExifTags.Base.DateTime] = "2026:01:02 03:04:05"
    Path("a.jpg").write_bytes(saved(portrait, exif=exif))
    args = ("anonymize", "a.jpg", "-o", "out", "--ledger", "l.jsonl", "--threads", 1)
    kept = p3m(*args, "--keep", "#1", "--keep-metadata", "date")
    assert "0 faces hidden, 1 kept" in kept.stderr
    assert find(read_image("out/a.jpg"))
    result = p3m(*args, "--resume", "--overwrite")
    assert "1 written, 1 faces hidden" in result.stderr
    assert not find(read_image("out/a.jpg"))
    assert find_metadata(Path("out/a.jpg").read_bytes(), "a") == ()


def test_pictures_of_one_name_are_not_taken_for_each_other(p3m, folder):
    for name in ("in/a", "in/b"):
        Path(name).mkdir(parents=True)
        put(noise(64, 64), f"{name}/x.png")
    Path("masks").mkdir()
    put(np.full((64, 64), 255, np.uint8), "masks/x.png")
    Path("boxes.json").write_text(json.dumps({"x.png": [[2, 2, 9, 9]]}))
    Path("both.json").write_text(json.dumps({f"{name}/x.png": [[2, 2, 9, 9]] for name in "ab"}))
    args = ("anonymize", "in", "-o", "out", "-r", "--detector")
    for options in (
        ("boxes:boxes.json",),
        ("masks:masks",),
        ("boxes:both.json", "--alpha", "masks"),
        ("boxes:both.json", "--keep", "x.png#1"),
        ("boxes:both.json", "--keep", "x#1"),
    ):
        result = p3m(*args, *options)
        assert result.exit_code == 2
        assert "stands for a/x.png and b/x.png" in result.stderr
        assert not Path("out").exists()
    result = p3m(*args, "boxes:both.json", "--keep", "b/x.png#1")
    assert "1 faces hidden, 1 kept" in result.stderr


def test_a_mask_of_another_size_hides_nothing_and_is_told(p3m, folder):
    put(noise(80, 80))
    Path("masks").mkdir()
    put(np.full((40, 40), 255, np.uint8), "masks/a.png")
    result = hide(p3m, "a.png", detector="masks:masks")
    assert result.exit_code == 1
    assert "is 40x40, its picture 80x80" in result.stderr
    assert not Path("out").exists()


def test_a_rare_file_does_not_end_the_run(p3m, folder):
    Path("in").mkdir()
    content = bytearray(saved(noise(64, 64)[..., 0]))
    content[content.find(b"\xff\xdb") + 4] = 1
    content[content.find(b"\xff\xc0") + 12] = 1
    Path("in/a.jpg").write_bytes(content)
    put(noise(64, 64), "in/b.png")
    assert hide(p3m, "in").exit_code == 0
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.jpg", "b.png"]


def test_a_name_that_is_too_long_is_told(p3m, folder):
    put(noise(64, 64))
    result = p3m("anonymize", "a.png", "-o", f"{'n' * 300}.png", "--threads", 1)
    assert result.exit_code == 1
    assert "cannot be written (File name too long)" in result.stderr


def test_a_file_that_is_no_ledger_stays_as_it_is(p3m, folder):
    put(noise(64, 64))
    Path("settings.json").write_text('{\n  "threads": 1\n}')
    result = hide(p3m, "a.png", ledger="settings.json")
    assert result.exit_code == 1
    assert "settings.json: exists and is no ledger" in result.stderr
    assert Path("settings.json").read_text() == '{\n  "threads": 1\n}'


def test_a_run_that_is_killed_leaves_whole_files_and_can_be_gone_on_with(p3m, folder):
    Path("in").mkdir()
    image = noise(200, 200)
    names = [f"{number:02}.png" for number in range(40)]
    for name in names:
        put(image, f"in/{name}")
    Path("boxes.json").write_text(json.dumps({name: [[50, 30, 150, 160]] for name in names}))
    args = ["anonymize", "in", "-o", "out", "--ledger", "l.jsonl"]
    args += ["--detector", "boxes:boxes.json"]
    run = subprocess.Popen([sys.executable, "-m", "p3m", *args], stdout=subprocess.DEVNULL)
    while len(list(Path().glob("out/[0-9]*.png"))) < 2 and run.poll() is None:
        time.sleep(0.001)
    run.send_signal(signal.SIGKILL)
    run.wait()
    there = sorted(Path("out").glob("[0-9]*.png"))
    assert 2 <= len(there) < len(names)
    assert all(read_image(path).shape == image.shape for path in there)
    result = p3m(*args, "--resume", "--overwrite")
    assert result.exit_code == 0, result.output
    assert "done before" in result.stderr
    assert len({Path("out", name).read_bytes() for name in names}) == 1
