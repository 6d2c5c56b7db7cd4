import numpy as np
import pytest
import torch

from p3m.training.borrowed_faces import CopyPasteSettings, aligned, borrow
from support.faces import DrawnFaces, oval


def _batch(numbers=(0, 1, 2, 3)) -> dict[str, torch.Tensor]:
    faces = torch.from_numpy(oval(64) * 255).expand(len(numbers), 64, 64)
    return {"faces": faces, "index": torch.tensor(numbers)}


def test_a_samples_draw_depends_on_its_number_alone() -> None:
    settings = CopyPasteSettings(probability=0.5)
    together = borrow(_batch(range(12)), DrawnFaces(), settings, seed=5)
    parts = [borrow(_batch([number]), DrawnFaces(), settings, seed=5) for number in range(12)]
    assert together.places == [number for number, part in enumerate(parts) if part is not None]
    assert 0 < len(together.places) < 12
    single = [part for part in parts if part is not None]
    assert torch.equal(together.patches, torch.cat([part.patches for part in single]))
    assert torch.equal(together.changes, torch.cat([part.changes for part in single]))


def test_nobody_gets_a_face_without_one_or_by_chance() -> None:
    batch = _batch()
    assert borrow(batch, DrawnFaces(), CopyPasteSettings(probability=0), seed=1) is None
    batch["faces"] = torch.zeros_like(batch["faces"])
    assert borrow(batch, DrawnFaces(), CopyPasteSettings(probability=1), seed=1) is None


def test_pictures_without_a_face_are_not_borrowed() -> None:
    always = CopyPasteSettings(probability=1)
    assert borrow(_batch(), DrawnFaces(empty=True), always, seed=1) is None


def test_changes_stay_within_what_is_allowed() -> None:
    settings = CopyPasteSettings(probability=1, turn_degrees=10, stretch=0.1, mirror=0.5)
    changes = borrow(_batch(range(60)), DrawnFaces(), settings, seed=1).changes.numpy()
    lengths = np.linalg.norm(changes, axis=1)
    assert lengths.min() >= 1 / 1.1 - 1e-6
    assert lengths.max() <= 1 / 0.9 + 1e-6
    mirrored = np.linalg.det(changes) < 0
    assert 15 < mirrored.sum() < 45
    upright = changes[:, :, 1] / lengths[:, 1:]
    assert np.rad2deg(np.arccos(upright[:, 1].clip(-1, 1))).max() <= 10.001


def test_no_change_at_all_is_the_identity() -> None:
    still = CopyPasteSettings(probability=1, turn_degrees=0, stretch=0, mirror=0)
    changes = borrow(_batch(), DrawnFaces(), still, seed=1).changes
    torch.testing.assert_close(changes, torch.eye(2).expand(4, 2, 2))


def test_equal_masks_leave_everything_where_it_is() -> None:
    mask = torch.from_numpy(oval(64)).float()[None, None]
    picture = torch.rand(1, 3, 64, 64)
    face, weight = aligned(mask, picture, mask)
    torch.testing.assert_close(face, picture, atol=1e-3, rtol=0)
    torch.testing.assert_close(weight, mask, atol=1e-3, rtol=0)


def test_a_face_lies_within_its_new_place_and_fills_it() -> None:
    target = torch.from_numpy(oval(96, centre=(60, 30), radii=(10, 22))).float()[None, None]
    source = torch.from_numpy(oval(48)).float()[None, None]
    _, weight = aligned(target, source, source)
    assert weight[target == 0].max() == 0
    assert weight.sum() / target.sum() == pytest.approx(1, abs=0.06)
