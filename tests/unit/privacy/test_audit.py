"""Verdicts over faces and files, with a detector of known answers and with the real one."""

import cv2
import numpy as np
import pytest

from p3m.data.drawn_face import Face as DrawnFeatures
from p3m.imaging.io import read_image
from p3m.pipelines.obfuscate import DrawnFace
from p3m.privacy.anonymize import hide_faces
from p3m.privacy.audit import AuditedFace, audit_faces, audited_file, recognised, same_scene
from p3m.privacy.catalog import EFFECTS, create_effect
from p3m.privacy.centerface import AUDIT_SIDES_PX, CenterFace
from p3m.privacy.effects import Solid


@pytest.fixture(scope="module")
def portrait(project):
    return read_image(project / "examples" / "portrait.jpg")


@pytest.fixture(scope="module")
def finder():
    return CenterFace(threads=1)


@pytest.fixture(scope="module")
def auditor():
    return CenterFace(threshold=0.2, sides_px=AUDIT_SIDES_PX, threads=1)


def verdicts(found):
    return [face.verdict for _, face in found]


def test_a_visible_face_is_identifiable(portrait, auditor):
    assert "identifiable" in verdicts(audit_faces(portrait, auditor))


@pytest.mark.parametrize("name", list(EFFECTS))
def test_a_hidden_face_is_not_identifiable(portrait, finder, auditor, name):
    hidden = hide_faces(portrait, finder(portrait), effect=create_effect(name)).image
    assert "identifiable" not in verdicts(audit_faces(hidden, auditor))
    (_, face), *_others = audit_faces(hidden, auditor, original=portrait)
    assert face.verdict == "clean"
    assert face.similarity < 0.7
    assert face.detail < face.detail_before


def rewritten(image, face, change):
    """The picture with a face's box changed."""
    left, top, right, bottom = (round(side) for side in face.box)
    copy = image.copy()
    copy[top:bottom, left:right] = change(copy[top:bottom, left:right])
    return copy


def cells(part):
    small = cv2.resize(part, (11, 11), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, part.shape[1::-1], interpolation=cv2.INTER_NEAREST)


@pytest.mark.parametrize(
    "change",
    [lambda part: 255 - part, lambda part: part[:, ::-1], cells],
    ids=["negative", "mirrored", "mosaic"],
)
def test_an_original_never_makes_a_changed_face_clean(portrait, finder, auditor, change):
    changed = rewritten(portrait, finder(portrait)[0], change)
    assert set(verdicts(audit_faces(changed, auditor))) & {"doubtful", "identifiable"}
    found = verdicts(audit_faces(changed, auditor, original=portrait))
    assert set(found) & {"doubtful", "identifiable"}


def test_a_drawn_face_is_not_the_original(portrait, finder, auditor, rng):
    drawn = DrawnFace(DrawnFeatures.random(rng, beard=False))
    hidden = hide_faces(portrait, finder(portrait), effect=drawn).image
    assert "identifiable" in verdicts(audit_faces(hidden, auditor))
    assert set(verdicts(audit_faces(hidden, auditor, original=portrait))) == {"clean"}


def test_a_face_that_only_the_original_gives_away_is_identifiable(portrait, auditor):
    """A detector that is blind to the audited picture does not hide what did not change."""

    class Blind:
        name = "blind"
        looks = 0

        def __call__(self, image):
            self.looks += 1
            return auditor(image) if self.looks == 2 else ()

    ((_, face),) = audit_faces(portrait, Blind(), original=portrait.copy())
    assert (face.score, face.verdict) == (0.0, "identifiable")


def seen(verdict):
    return AuditedFace(box=(1, 2, 3, 4), score=0.9, detail=5.0, verdict=verdict)


@pytest.mark.parametrize(
    ("faces", "metadata", "verdict"),
    [
        ([], [], "clean"),
        (["clean", "doubtful"], [], "doubtful"),
        (["identifiable", "clean"], [], "identifiable"),
        ([], ["icc"], "doubtful"),
        ([], ["date", "icc"], "doubtful"),
        (["clean"], ["thumbnail"], "identifiable"),
        ([], ["gps"], "identifiable"),
    ],
)
def test_a_file_is_as_bad_as_the_worst_in_it(faces, metadata, verdict):
    file = audited_file("a.jpg", [seen(v) for v in faces], metadata)
    assert file.verdict == verdict
    assert bool(file.reasons) == (verdict != "clean")


def test_a_recognised_face_is_identifiable():
    face = seen("clean")
    assert recognised(face, cosine=0.6, first=True).verdict == "identifiable"
    assert recognised(face, cosine=0.6, first=False).verdict == "clean"
    assert recognised(face, cosine=0.1, first=True).verdict == "clean"


def test_noise_is_nobody(auditor):
    noise = np.random.default_rng(1).integers(0, 256, (200, 200, 3), np.uint8)
    assert "identifiable" not in verdicts(audit_faces(noise, auditor))


def test_a_file_that_could_not_be_compared_is_doubtful():
    file = audited_file("a.jpg", [seen("clean")], [], ["its original is of another size"])
    assert (file.verdict, file.reasons) == ("doubtful", ("its original is of another size",))


def test_pictures_are_one_where_they_differ_within_faces_alone(portrait, rng):
    changed = portrait.copy()
    changed[40:90, 60:100] = rng.integers(256, size=(50, 40, 3))
    box = (60, 40, 100, 90)
    assert same_scene(changed, portrait, [box])
    assert not same_scene(255 - portrait, portrait, [box])
    everything = (0, 0, *portrait.shape[1::-1])
    assert same_scene(Solid()(portrait, np.ones(portrait.shape[:2], bool)), portrait, [everything])
    assert not same_scene(255 - portrait, portrait, [everything])
