"""`p3m anonymize` on videos, with the real detector and with one that blinks."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from p3m.imaging.io import read_image, write_picture
from p3m.imaging.video import frame_source
from p3m.pipelines import anonymize_video
from p3m.pipelines.anonymize_files import anonymize_files
from p3m.pipelines.anonymize_plan import AnonymizeSettings, plan_anonymize
from p3m.privacy.contract import Face
from p3m.privacy.ledger import read_ledger
from support.images import noise
from support.videos import sound_of, tags_of, write_jpeg_video, write_video

SIZE = (180, 320)


@pytest.fixture(scope="session")
def scene(project):
    """A person who moves before a wall, frame by frame, and the boxes of the face."""
    person = read_image(project / "examples" / "portrait.jpg")
    person = cv2.resize(person, (120, 120), interpolation=cv2.INTER_AREA)
    wall = cv2.GaussianBlur(noise(*SIZE, seed=1), (0, 0), 9)
    images, boxes = [], []
    for number in range(20):
        left, top = 20 + 6 * number, 30 + number
        image = wall.copy()
        image[top : top + 120, left : left + 120] = person
        images.append(image)
        boxes.append((left + 28.0, top + 10.0, left + 88.0, top + 102.0))
    return images, boxes


@pytest.fixture
def clip(folder, scene):
    """That scene as a file, with sound and a place."""
    return write_video(Path("album/clip.mp4"), scene[0], tags={"location": "+48.0+011.0/"})


@pytest.fixture(autouse=True)
def _album(folder):
    (folder / "album").mkdir()


@pytest.fixture
def run(p3m):
    """Anonymizes into ``out`` with one thread."""

    def anonymize(*args):
        return p3m("anonymize", *args, "-o", "out", "--threads", 1)

    return anonymize


@pytest.fixture
def finds(monkeypatch):
    """Replaces the detector by one that says what it is told, in pixels of the frame."""

    class Told:
        name = "told"

        def __init__(self, boxes, **_):
            self._boxes = iter(boxes)

        def __call__(self, image):
            scale = image.shape[1] / SIZE[1]
            return tuple(
                Face(box=tuple(edge * scale for edge in box), score=0.9)
                for box in next(self._boxes)
            )

    def use(boxes):
        monkeypatch.setattr(anonymize_video, "CenterFace", lambda **_: Told(boxes))

    return use


def images_of(path):
    with frame_source(Path(path)) as source:
        return [frame.image() for frame in source]


def changed(before, after, box):
    """How much the pixels within a box differ, on average."""
    left, top, right, bottom = (round(edge) for edge in box)
    old, new = (image[top:bottom, left:right].astype(int) for image in (before, after))
    return float(np.abs(old - new).mean())


def test_faces_are_hidden_in_every_frame_and_the_rest_stays(run, clip, scene):
    before = clip.read_bytes()
    result = run(clip, "--ledger", "l.jsonl")
    assert result.exit_code == 0, result.output
    assert "1 written, 1 faces hidden" in result.stderr
    after = images_of("out/clip.mp4")
    assert len(after) == 20
    for old, new, box in zip(*scene[:1], after, scene[1], strict=True):
        assert changed(old, new, box) > 12
        assert changed(old, new, (0, 160, 320, 180)) < 6
    assert [data for _, data in sound_of(Path("out/clip.mp4"))] == [
        data for _, data in sound_of(clip)
    ]
    assert "location" not in tags_of(Path("out/clip.mp4"))
    assert clip.read_bytes() == before
    (entry,) = read_ledger(Path("l.jsonl")).values()
    assert entry.status == "anonymized"
    assert entry.metadata_removed == ("gps",)
    assert (entry.video.frames, entry.video.frames_covered, entry.video.audio) == (20, 20, True)
    (track,) = entry.video.tracks
    assert (track.first, track.last) == (0, 19)
    assert track.sightings > 15


def test_a_detector_that_blinks_uncovers_nobody(run, clip, scene, finds):
    images, boxes = scene
    seen = {3, 4, 9, 10, 16}
    finds([[box] if number in seen else [] for number, box in enumerate(boxes)])
    assert run(clip, "--effect", "solid").exit_code == 0
    for old, new, box in zip(images, images_of("out/clip.mp4"), boxes, strict=True):
        assert changed(old, new, box) > 12


def test_a_video_that_changes_its_size_hides_faces_all_along(run, folder, scene, finds):
    images, boxes = scene
    large = [cv2.resize(image, None, fx=2, fy=2) for image in images[10:]]
    clip = write_jpeg_video(Path("album/grows.mkv"), [*images[:10], *large])
    finds([[box] for box in boxes])
    assert run(clip, "--effect", "solid").exit_code == 0
    for old, new, box in zip(images, images_of("out/grows.mkv"), boxes, strict=True):
        assert changed(old, new, box) > 12
        assert changed(old, new, (0, 160, 320, 180)) < 10


def test_searching_every_third_frame_covers_all(run, clip, scene, finds):
    images, boxes = scene
    finds([[box] for box in boxes[::3]])
    assert run(clip, "--detect-every", "3", "--ledger", "l.jsonl").exit_code == 0
    (entry,) = read_ledger(Path("l.jsonl")).values()
    assert entry.video.tracks[0].sightings == 7
    for old, new, box in zip(images, images_of("out/clip.mp4"), boxes, strict=True):
        assert changed(old, new, box) > 12


@pytest.mark.parametrize("fail_secure", [False, True])
def test_a_face_that_is_lost(run, folder, scene, finds, fail_secure):
    images, boxes = [scene[0][0]] * 60, [[scene[1][0]]] * 6 + [[]] * 54
    clip = write_video(Path("album/clip.mkv"), images)
    finds(boxes)
    result = run(clip, *["--fail-secure"] * fail_secure)
    after = images_of("out/clip.mkv")
    assert changed(images[0], after[30], scene[1][0]) > 12 if fail_secure else True
    assert (changed(images[0], after[-1], scene[1][0]) > 12) == fail_secure
    assert ("face 1 was lost at 0:00.2" in result.stderr) != fail_secure


def test_a_folder_may_hold_pictures_and_videos(run, clip, scene):
    write_picture(Path("album/a.png"), scene[0][0])
    result = run("album", "--ledger", "l.jsonl", "--no-audio")
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.png", "clip.mp4"]
    kinds = {entry.input: entry.video for entry in read_ledger(Path("l.jsonl")).values()}
    assert kinds["a.png"] is None
    assert kinds["clip.mp4"].audio is False
    assert sound_of(Path("out/clip.mp4")) == []


def test_other_containers_become_matroska_or_what_is_named(run, p3m, clip, scene, finds):
    finds([[box] for box in scene[1] * 2])
    source = write_video(Path("album/old.mpg"), scene[0], codec="mpeg2video", sound="mp2")
    assert run(source).exit_code == 0
    assert len(images_of("out/old.mkv")) == 20
    named = p3m("anonymize", clip, "-o", "one/named.mov", "--threads", 1)
    assert named.exit_code == 0, named.output
    assert len(images_of("one/named.mov")) == 20
    wrong = p3m("anonymize", clip, "-o", "one/named.png")
    assert wrong.exit_code == 1
    assert "videos are not written as .png; use one of .avi" in wrong.stderr


def test_a_dry_run_writes_samples_and_a_ledger_and_no_video(run, clip):
    assert run("album", "--dry-run").exit_code == 0
    assert sorted(path.name for path in Path("out").iterdir()) == [
        "ledger.jsonl", "review-001.jpg",
    ]  # fmt: skip
    (entry,) = read_ledger(Path("out/ledger.jsonl")).values()
    assert (entry.status, entry.output, len(entry.video.tracks)) == ("planned", None, 1)
    replayed = run(clip, "--replay", "out/ledger.jsonl")
    assert replayed.exit_code == 1
    assert "--replay is for pictures; run again without it" in replayed.stderr


def test_a_video_without_a_face_is_reported_or_refused(run, folder, finds):
    clip = write_video(Path("album/empty.mp4"), [noise(*SIZE, seed=2)] * 8, sound=None)
    finds([[]] * 16)
    refused = run(clip, "--fail-on-doubt")
    assert refused.exit_code == 1
    assert "no face was found. Nothing was written" in refused.stderr
    assert not list(folder.rglob("out/*")) + list(folder.rglob("*.part"))
    result = run(clip)
    assert result.exit_code == 0
    assert "look at album/empty.mp4: no face was found" in result.stderr


def test_a_face_in_a_region_can_stay(run, clip, scene, finds):
    finds([[box] for box in scene[1]])
    assert run(clip, "--keep", "0,0,320,180", "--ledger", "l.jsonl").exit_code == 0
    (entry,) = read_ledger(Path("l.jsonl")).values()
    assert (entry.video.tracks, entry.video.sightings_kept) == ((), 20)


@pytest.fixture
def resume(run, clip, scene, finds):
    """Runs with a ledger, as often as it is called, and says how the summary begins."""

    def again(*options):
        finds([[box] for box in scene[1]])
        result = run(clip, "--ledger", "l.jsonl", "--resume", *options)
        assert result.exit_code == 0, result.output
        return "done before" in result.stderr

    return again


def test_a_video_is_not_made_again(resume):
    assert not resume("--fail-secure")
    written = Path("out/clip.mp4").stat().st_mtime_ns
    assert resume("--fail-secure")
    assert Path("out/clip.mp4").stat().st_mtime_ns == written


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (["--margin", "0.2"], []),
        (["--detect-every", "3"], []),
        ([], ["--fail-secure"]),
        ([], ["--no-audio"]),
        (["--keep", "0,0,320,180"], []),
        ([], ["--keep", "0,0,320,180"]),
        (["--keep-metadata", "date"], []),
    ],
)
def test_a_video_that_was_made_in_another_way_is_made_again(resume, scene, before, now):
    write_video(Path("album/clip.mp4"), scene[0], tags={"creation_time": "2024-05-01T10:00:00Z"})
    assert not resume(*before)
    assert not resume("--overwrite", *now)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--matte"], "--matte is for pictures"),
        (["--facemask", "masks"], "--facemask is for pictures"),
        (["--keep", "clip.mp4#1"], "keep those in a region"),
        (["--keep", "#1"], "keep those in a region"),
        (["--detector", "boxes:boxes.json"], "videos need centerface"),
    ],
)
def test_what_is_for_pictures_is_told(run, clip, options, text):
    Path("boxes.json").write_text(json.dumps({"clip.mp4": [[1, 2, 3, 4]]}))
    result = run(clip, *options)
    assert result.exit_code == 1
    assert text in result.stderr
    assert not Path("out/clip.mp4").exists()


def test_a_bad_video_is_reported_and_the_others_go_on(run, clip):
    Path("album/broken.mp4").write_bytes(clip.read_bytes()[:2000])
    Path("album/text.mov").write_text("no video")
    result = run("album")
    assert result.exit_code == 1
    assert [path.name for path in Path("out").iterdir()] == ["clip.mp4"]
    for name in ("broken.mp4", "text.mov"):
        assert f"{name}: not a video, or damaged" in result.stderr


def test_a_video_that_was_cut_off_is_a_doubt(run, folder, scene, finds):
    images = [scene[0][n % 20] for n in range(100)]
    clip = write_video(Path("album/long.mkv"), images, sound=None)
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 3])
    finds([[STILL_BOX]] * 100)
    assert "it may be cut off" in run(clip).stderr


STILL_BOX = (50.0, 40.0, 110.0, 130.0)


def test_progress_counts_frames(clip, scene, finds):

    finds([[box] for box in scene[1]])
    told = []
    plan = plan_anonymize([str(clip)], "out", AnonymizeSettings(threads=1))
    (result,) = anonymize_files(plan, tell=lambda *args: told.append(args))
    assert result.hidden == 1
    assert told == [(str(clip), number, 20) for number in range(1, 21)]
