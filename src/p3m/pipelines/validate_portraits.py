"""Scores a network of one scale during training: whole portraits, faces hidden and not."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from p3m.data.portraits import Portrait
from p3m.imaging.io import read_alpha, read_image
from p3m.imaging.resize import fit_area, pad_to_multiple, resize, unpad
from p3m.imaging.types import Alpha, Image
from p3m.models.contract import ModelEntry
from p3m.ops.normalize import normalize, to_planes
from p3m.pipelines.obfuscate import obfuscate_like_p3m
from p3m.pipelines.scorer import Scorer
from p3m.pipelines.train_data import Split
from p3m.pipelines.train_settings import Faces, ValidationSettings


class Column(NamedTuple):
    """Portraits that a network is scored on.

    Attributes:
        portraits: Who; at least one.
        hide: Whether their faces are hidden first, as in P3M-10k.
    """

    portraits: Sequence[Portrait]
    hide: bool


def validation_columns(split: Split) -> dict[Faces, Column]:
    """What can be scored: hidden faces, visible faces, or the same people both ways.

    Args:
        split: Who is not trained on. People with files of their own for a column take it; others
            are scored with hidden and with visible faces where their files show them and somebody
            has a mask.
    """
    given = {faces: Column(people, hide=False) for faces, people in split.columns.items() if people}
    if not split.validation:
        return given
    if split.hidden:
        return {"obfuscated": Column(split.validation, hide=False), **given}
    own: dict[Faces, Column] = {"normal": Column(split.validation, hide=False)}
    if any(portrait.face_mask is not None for portrait in split.validation):
        own = {"obfuscated": Column(split.validation, hide=True), **own}
    return {**own, **given}


def portrait_validator(
    columns: Mapping[Faces, Column], entry: ModelEntry, settings: ValidationSettings
) -> Scorer:
    """Scores networks on whole portraits before their own backgrounds.

    Args:
        columns: Who, by what their faces are.
        entry: What the network takes.
        settings: How many, and how large the network sees them.

    Returns:
        The alpha is scored at each portrait's own size.
    """
    area_px = settings.area_px or entry.area_px

    def see(model: nn.Module, image: Image) -> Alpha:
        return predict(model, image, entry, area_px=area_px)

    return Scorer(
        {faces: _Portraits(column, settings.count) for faces, column in columns.items()}, see
    )


def predict(model: nn.Module, image: Image, entry: ModelEntry, *, area_px: int) -> Alpha:
    """A network's alpha of a picture, of the picture's size.

    The picture is made to fit an area, its sides padded to what the network takes.

    Args:
        model: In eval mode.
        image: Shape (H, W, 3).
        entry: What the network takes.
        area_px: Pixels that the network sees, about.
    """
    size = fit_area((image.shape[0], image.shape[1]), area_px)
    seen = pad_to_multiple(resize(image, size), entry.stride)
    planes = to_planes(torch.from_numpy(seen)[None].to(next(model.parameters()).device))
    with torch.inference_mode():
        alpha = model(normalize(planes, mean=entry.mean, std=entry.std)).alpha[0, 0]
    fitting = unpad(alpha.float().cpu().numpy(), size)
    return resize(fitting, (image.shape[0], image.shape[1])).clip(0, 1)


class _Portraits:
    """Pictures and alphas of a column, taken evenly from all of it."""

    def __init__(self, column: Column, count: int) -> None:
        people, self._hide = column
        places = np.linspace(0, len(people) - 1, min(count, len(people))).round().astype(int)
        self._portraits = [people[place] for place in places]

    def __len__(self) -> int:
        return len(self._portraits)

    def __getitem__(self, number: int) -> tuple[Image, Alpha]:
        portrait = self._portraits[number]
        image, alpha = read_image(portrait.image), read_alpha(portrait.alpha)
        if self._hide and portrait.face_mask is not None:
            faces = read_alpha(portrait.face_mask) > 0.5
            image = obfuscate_like_p3m(image, alpha, faces)
        return image, alpha
