"""Where faces come from, by the text that a user gives."""

import json
from pathlib import Path

import numpy as np
import pytest

from p3m.core.errors import ConfigError, InputError, LedgerError
from p3m.imaging.io import write_picture
from p3m.pipelines.faces import DetectedFaces, face_source, joined, numbered
from p3m.privacy.contract import Face
from p3m.privacy.ledger import FaceRecord, sha256_file
from support.files import touch
from support.images import noise

IMAGE = noise(40, 30)


def faces_of(source, place):
    return source.faces(IMAGE, Path(place), "0" * 64)


def test_centerface_has_a_low_threshold_unless_told():
    source = face_source("centerface", threads=1)
    assert isinstance(source, DetectedFaces)
    assert source.record == {"name": "centerface", "threshold": 0.15}
    assert face_source("centerface", threshold=0.5, threads=1).record["threshold"] == 0.5


@pytest.fixture
def boxes(tmp_path):
    path = tmp_path / "boxes.json"
    path.write_text(json.dumps({"a.png": [[9, 1, 12, 5], [2, 1, 6, 5]], "deep/b.png": []}))
    return path


def test_boxes_are_numbered_from_the_left(boxes):
    source = face_source(f"boxes:{boxes}")
    assert [face.box for face in faces_of(source, "deep/a.png")] == [(2, 1, 6, 5), (9, 1, 12, 5)]
    assert faces_of(source, "deep/b.png") == ()


def test_a_record_names_the_file_without_its_folder_and_its_hash(boxes):
    assert face_source(f"boxes:{boxes}").record == {
        "name": "boxes",
        "file": "boxes.json",
        "sha256": sha256_file(boxes),
    }


def test_a_picture_that_is_not_named_is_refused_and_not_taken_for_empty(boxes):
    with pytest.raises(LedgerError, match=r"c.png: boxes.json does not name it; add it"):
        faces_of(face_source(f"boxes:{boxes}"), "c.png")


def test_coco_boxes_are_left_top_width_height(tmp_path):
    path = tmp_path / "coco.json"
    content = {
        "images": [{"id": 7, "file_name": "a.png"}, {"id": 8, "file_name": "b.png"}],
        "annotations": [{"image_id": 7, "bbox": [2, 1, 4, 5]}],
    }
    path.write_text(json.dumps(content))
    source = face_source(f"boxes:{path}")
    assert faces_of(source, "a.png")[0].box == (2, 1, 6, 6)
    assert faces_of(source, "b.png") == ()


def test_boxes_of_a_picture_of_another_size_are_refused(tmp_path):
    path = tmp_path / "coco.json"
    sizes = {"a.png": (40, 30), "turned.png": (30, 40), "unsaid.png": (None, 0)}
    images = [
        {"id": number, "file_name": name, "height": height, "width": width}
        for number, (name, (height, width)) in enumerate(sizes.items())
    ]
    path.write_text(json.dumps({"images": images, "annotations": []}))
    source = face_source(f"boxes:{path}")
    assert faces_of(source, "a.png") == faces_of(source, "unsaid.png") == ()
    with pytest.raises(InputError, match=r"turned.png: is 30x40 upright, coco.json says 40x30"):
        faces_of(source, "turned.png")


def test_boxes_of_one_name_belong_to_one_picture(boxes):
    source = face_source(f"boxes:{boxes}")
    source.check([Path("one/a.png"), Path("deep/b.png"), Path("other/b.png")])
    with pytest.raises(ConfigError, match=r"boxes.json: a.png stands for one/a.png and two/a.png"):
        source.check([Path("one/a.png"), Path("two/a.png")])


@pytest.mark.parametrize("box", [[5, 1, 2, 6], [1, 2, 3], [0, 0, "NaN", 4], [0, 0, 1e300, 4]])
def test_boxes_that_are_none_are_refused(tmp_path, box):
    path = tmp_path / "boxes.json"
    path.write_text(json.dumps({"a.png": [box]}))
    with pytest.raises(LedgerError, match=r"boxes.json: neither a map"):
        face_source(f"boxes:{path}")


def test_masks_give_a_face_for_each_piece(tmp_path):
    mask = np.zeros(IMAGE.shape[:2], np.float32)
    mask[3:9, 2:7] = mask[20:30, 15:25] = 1
    write_picture(tmp_path / "deep" / "a.png", mask)
    source = face_source(f"masks:{tmp_path}")
    assert [face.box for face in faces_of(source, "deep/a.jpg")] == [(2, 3, 7, 9), (15, 20, 25, 30)]
    with pytest.raises(LedgerError, match=r"b.jpg: no mask of that name"):
        faces_of(source, "b.jpg")


def test_a_mask_of_another_size_is_refused(tmp_path):
    write_picture(tmp_path / "a.png", np.ones((20, 15), np.float32))
    with pytest.raises(InputError, match=r"a.png: is 15x20, its picture 30x40; give one of"):
        faces_of(face_source(f"masks:{tmp_path}"), "a.jpg")


def test_a_mask_belongs_to_one_picture(tmp_path):
    touch(tmp_path, "a.png", "two/a.png", "b.png", "deep/c.png")
    source = face_source(f"masks:{tmp_path}")
    source.check([Path("one/a.jpg"), Path("two/a.jpg"), Path("one/b.jpg"), Path("none.jpg")])
    for first, second in (("one/b.jpg", "two/b.jpg"), ("deep/c.jpg", "deep/c.webp")):
        with pytest.raises(ConfigError, match=rf"png stands for {first} and {second}; put one"):
            source.check([Path(first), Path(second)])


@pytest.mark.parametrize(
    ("text", "error", "match"),
    [
        ("eyes", ConfigError, "'eyes' finds no faces; use centerface"),
        ("yunet", ConfigError, "finds no faces"),
        ("boxes:", ConfigError, "finds no faces"),
        ("yunet:none.onnx", InputError, "no such file"),
        ("boxes:none.json", InputError, "cannot be read"),
        ("masks:none", InputError, "no such folder of masks"),
    ],
)
def test_what_finds_no_faces_is_refused(text, error, match):
    with pytest.raises(error, match=match):
        face_source(text)


def test_marked_faces_have_no_threshold(boxes):
    with pytest.raises(ConfigError, match="has no threshold"):
        face_source(f"boxes:{boxes}", threshold=0.5)


def test_records_are_rounded_and_keep_landmarks():
    points = ((1.234, 2), (3, 4), (5, 6), (7, 8), (9, 10))
    (face,) = numbered([Face(box=(1.005, 2, 3.339, 4), score=0.123456, landmarks=points)])
    assert face == FaceRecord(
        id=1, box=(1.0, 2, 3.34, 4), score=0.1235, landmarks=((1.23, 2), *points[1:])
    )


def test_faces_of_several_looks_are_each_there_once():
    one, same, other = ((0, 0, 10, 10), (1, 0, 10, 10), (20, 0, 30, 10))
    first = numbered([Face(box=one, score=0.6)])
    second = numbered([Face(box=same, score=0.9), Face(box=other, score=0.4)])
    assert [(f.id, f.box) for f in joined(first, second)] == [(1, same), (2, other)]
    assert joined((), ()) == ()
