"""Faces of other people, drawn for the samples of a batch and laid where hidden ones are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from p3m.ops.alignment import map_between, mask_ellipse, sample
from p3m.ops.normalize import to_planes

_FEWEST_PX = 16  # a face of fewer pixels has no shape
_STREAM = 1  # parts these draws from those of the samples' own generators


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyPasteSettings:
    """Where and how often faces are pasted.

    Attributes:
        level: ``image`` or ``feature``; ``none`` pastes nothing.
        probability: How probably a sample with a face gets another one.
        folder: The folder of faces to borrow, as `p3m.data.faces.FaceFolder` takes it.
        stage: The part of the network whose features are replaced, by the name of its module.
        channels: Where that part has its channels: ``first`` (B, C, h, w) or ``last`` (B, h, w, C),
            as transformers do.
        patch_px: Side at which borrowed faces are cut out; a multiple of the network's stride.
        turn_degrees: How far a face is turned at most, to either side, after it was aligned.
        stretch: How much wider or higher it becomes at most, as a share.
        mirror: How probably left and right are exchanged.

    References:
        Ma et al., "Rethinking Portrait Matting with Privacy Preserving", IJCV 2023.

    Note:
        No code for it was ever released. Strength of the changes, stage and probability are ours.
    """

    level: Literal["none", "image", "feature"] = "none"
    probability: float = 0.5
    folder: str = ""
    stage: str = "resnet.layer2"
    channels: Literal["first", "last"] = "first"
    patch_px: int = 256
    turn_degrees: float = 10.0
    stretch: float = 0.1
    mirror: float = 0.5


class Faces(Protocol):
    """Faces by number: a patch (P, P, 3) and its mask (P, P), 255 on the face; all of one size."""

    def __len__(self) -> int: ...

    def face(self, number: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]: ...  # noqa: D102


class Borrowed(NamedTuple):
    """Faces for some samples of a batch.

    Attributes:
        places: Which samples get one, n of them.
        patches: Colours in [0, 1], shape (n, 3, P, P).
        masks: 1 on the face, shape (n, 1, P, P).
        changes: What is done to each after it was aligned, shape (n, 2, 2).
    """

    places: list[int]
    patches: Tensor
    masks: Tensor
    changes: Tensor


def borrow(
    batch: Mapping[str, Any], faces: Faces, settings: CopyPasteSettings, *, seed: int
) -> Borrowed | None:
    """Draws faces for the samples of a batch; each sample's draw depends on its number alone.

    Args:
        batch: ``faces`` (B, S, S) and ``index`` (B,).
        faces: What is borrowed from.
        settings: How often and how.
        seed: Decides the draws, together with the samples' numbers.

    Returns:
        None where no sample gets one.
    """
    device = batch["faces"].device
    room = (batch["faces"] > 0).sum(dim=(1, 2)).tolist()
    places, patches, masks, changes = [], [], [], []
    for place, (index, pixels) in enumerate(zip(batch["index"].tolist(), room, strict=True)):
        rng = np.random.default_rng((seed, index, _STREAM))
        if rng.random() >= settings.probability or pixels < _FEWEST_PX:
            continue
        patch, mask = faces.face(int(rng.integers(len(faces))))
        if not mask.any():
            continue
        places.append(place)
        patches.append(torch.from_numpy(patch).to(device))
        masks.append(torch.from_numpy(mask).to(device))
        changes.append(_random_change(rng, settings))
    if not places:
        return None
    return Borrowed(
        places,
        to_planes(torch.stack(patches)),
        (torch.stack(masks)[:, None] > 0).float(),
        torch.tensor(np.stack(changes), dtype=torch.float32, device=device),
    )


def aligned(
    target: Tensor, maps: Tensor, mask: Tensor, change: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """What a mask encloses, brought to where another mask is.

    The two ellipses are laid onto each other: centre, tilt, width and height.

    Args:
        target: Where to, shape (B, 1, H, W).
        maps: What, shape (B, C, h, w).
        mask: Where it is in ``maps``, shape (B, 1, h, w).
        change: What is done to it after that, shape (B, 2, 2); see `p3m.ops.alignment`.

    Returns:
        The maps as they lie there, (B, C, H, W), and how much of each pixel they cover, (B, 1, H,
        W): 0 outside of ``target`` and outside of what was brought.
    """
    at = map_between(mask_ellipse(target), mask_ellipse(mask), change)
    size = (target.shape[-2], target.shape[-1])
    return sample(maps, at, size), sample(mask, at, size) * target


def _random_change(rng: np.random.Generator, settings: CopyPasteSettings) -> NDArray[np.float64]:
    """A turn, a stretch and perhaps a mirror, in the frame of the face."""
    angle = np.deg2rad(rng.uniform(-1, 1) * settings.turn_degrees)
    width, height = 1 + settings.stretch * rng.uniform(-1, 1, 2)
    if rng.random() < settings.mirror:
        width = -width
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return turn @ np.diag([1 / width, 1 / height])
