"""Faces that somebody marked, in each form that is read."""

import json
from pathlib import Path

import numpy as np
import pytest

from p3m.core.errors import InputError, LedgerError
from p3m.imaging.io import read_alpha, write_picture
from p3m.privacy.annotated import find_mask, mask_faces, read_boxes
from p3m.privacy.contract import Face


def written(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_plain_boxes_by_file_name(tmp_path):
    path = written(tmp_path / "boxes.json", {"a.jpg": [[1, 2, 3, 4], [5, 6, 7, 9]], "b.jpg": []})
    assert read_boxes(path) == {
        "a.jpg": (Face(box=(1, 2, 3, 4)), Face(box=(5, 6, 7, 9))),
        "b.jpg": (),
    }


def test_coco_annotations(tmp_path):
    content = {
        "images": [{"id": 7, "file_name": "a.jpg"}, {"id": 8, "file_name": "b.jpg"}],
        "annotations": [{"image_id": 7, "bbox": [10, 20, 30, 40], "category_id": 1}],
    }
    assert read_boxes(written(tmp_path / "coco.json", content)) == {
        "a.jpg": (Face(box=(10, 20, 40, 60)),),
        "b.jpg": (),
    }


@pytest.mark.parametrize(
    "content", ["{", "[1, 2]", {"a.jpg": [[1, 2, 3]]}, {"a.jpg": [[9, 2, 3, 4]]}, {"a.jpg": 3}]
)
def test_what_is_of_no_form_is_refused(tmp_path, content):
    with pytest.raises(LedgerError, match=r"boxes.json: neither a map"):
        read_boxes(written(tmp_path / "boxes.json", content))


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="none.json"):
        read_boxes(tmp_path / "none.json")


def test_each_piece_of_a_mask_is_a_face(tmp_path):
    mask = np.zeros((40, 60), np.float32)
    mask[5:20, 8:18] = 1
    mask[22:38, 30:50] = 1
    write_picture(tmp_path / "m.png", mask)
    boxes = [face.box for face in mask_faces(read_alpha(tmp_path / "m.png"))]
    assert boxes == [(8, 5, 18, 20), (30, 22, 50, 38)]


def test_a_mask_is_found_at_the_same_place_or_by_its_stem(tmp_path):
    (tmp_path / "deep").mkdir()
    for name in ("deep/a.png", "b.tif"):
        (tmp_path / name).touch()
    assert find_mask(tmp_path, Path("deep/a.jpg")) == tmp_path / "deep/a.png"
    assert find_mask(tmp_path, Path("deep/b.jpg")) == tmp_path / "b.tif"
    assert find_mask(tmp_path, Path("c.jpg")) is None
