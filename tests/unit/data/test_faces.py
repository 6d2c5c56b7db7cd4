import numpy as np
import pytest
from PIL import Image as PilImage

from p3m.core.errors import InputError
from p3m.data.faces import FaceFolder, largest_spot
from support.pack import write_pack


def _write(root, image, mask) -> None:
    for name, pixels in (("images", image), ("facemask", mask)):
        (root / name).mkdir(parents=True)
        PilImage.fromarray(pixels).save(root / name / "one.png")


def test_patches_are_cut_around_the_face(tmp_path) -> None:
    faces = FaceFolder(write_pack(tmp_path, people=3), patch_px=64)
    assert len(faces) == 3
    patch, mask = faces.face(1)
    assert patch.shape == (64, 64, 3)
    assert set(np.unique(mask)) == {0, 255}
    rows, columns = np.nonzero(mask)
    assert rows.mean() == pytest.approx(32, abs=1.5)
    assert columns.mean() == pytest.approx(32, abs=1.5)
    # The longer side of the face is 1 / 1.6 of the patch.
    assert np.ptp(rows) + 1 == pytest.approx(40, abs=2)


def test_the_patch_is_the_picture_there(tmp_path) -> None:
    y, x = np.mgrid[:100, :100].astype(np.uint8)
    mask = np.zeros((100, 100), np.uint8)
    mask[40:60, 30:50] = 255
    _write(tmp_path, np.stack([y, x, 0 * x], axis=2), mask)
    patch, face = FaceFolder(tmp_path, patch_px=32).face(0)
    assert patch[16, 16, :2].tolist() == [50, 40]
    assert np.array_equal(patch[..., 0][face > 0].min(keepdims=True), [40])


def test_a_face_at_the_border_has_a_patch_too(tmp_path) -> None:
    mask = np.zeros((60, 60), np.uint8)
    mask[:30, :20] = 255
    _write(tmp_path, np.full((60, 60, 3), 7, np.uint8), mask)
    patch, face = FaceFolder(tmp_path, patch_px=48).face(0)
    assert (patch == 7).all()
    assert face[0].max() == 0  # what lies beyond the picture is no face
    assert face.any()


def test_the_largest_of_several_faces_counts() -> None:
    mask = np.zeros((10, 10), np.bool_)
    mask[1, 1] = mask[4:8, 4:8] = True
    assert largest_spot(mask).sum() == 16
    assert largest_spot(np.zeros((3, 3), np.bool_)).sum() == 0


def test_an_empty_mask_gives_an_empty_patch(tmp_path) -> None:
    _write(tmp_path, np.full((60, 60, 3), 7, np.uint8), np.zeros((60, 60), np.uint8))
    assert FaceFolder(tmp_path, patch_px=32).face(0)[1].max() == 0


def test_folders_without_faces_are_errors(tmp_path) -> None:
    root = write_pack(tmp_path / "pack", people=1)
    (root / "facemask" / "p0.png").rename(root / "facemask" / "other.png")
    with pytest.raises(InputError, match="no picture has a face mask"):
        FaceFolder(root)
    with pytest.raises(InputError, match="needs a folder named"):
        FaceFolder(tmp_path)


def test_a_mask_of_another_size_is_named(tmp_path) -> None:
    _write(tmp_path, np.zeros((40, 50, 3), np.uint8), np.zeros((41, 50), np.uint8))
    with pytest.raises(InputError, match=r"one\.png: is 50x41, its picture 50x40"):
        FaceFolder(tmp_path).face(0)
