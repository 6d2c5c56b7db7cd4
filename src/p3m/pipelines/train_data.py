"""Whom a training run shows, and whom it is validated with."""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

import numpy as np

from p3m.core.errors import ConfigError, InputError, TrainingError
from p3m.data.agreements import require_agreement
from p3m.data.catalog import DATASETS
from p3m.data.layout import PortraitFiles, find_samples
from p3m.data.portraits import Background, Portrait, pictures_by_stem, read_portrait_folder
from p3m.data.split import split_by_family, split_by_group
from p3m.data.survey import survey_split
from p3m.evaluation.result import read_scores
from p3m.pipelines.train_settings import DataSettings, Faces

_LOG = logging.getLogger(__name__)

_HIDDEN_FOLDER = "blurred_image"
_HARDEST = 4.0  # times the median portrait's weight
_NO_ERROR = 1e-6


@dataclass(frozen=True, slots=True)
class Split:
    """The portraits and backgrounds of a folder, divided.

    Attributes:
        train: Trained on.
        validation: Validated with; their faces are as visible as in ``train``.
        train_backgrounds: Trained on.
        validation_backgrounds: Validated with.
        hidden: Whether faces are hidden in the files.
        columns: Portraits to validate with that have files of their own, by what their faces are.
        strange_masks: Masks of faces that belong to no picture, by their stems.
    """

    train: list[Portrait]
    validation: list[Portrait]
    train_backgrounds: list[Background]
    validation_backgrounds: list[Background]
    hidden: bool = False
    columns: Mapping[Faces, list[Portrait]] = field(default_factory=dict)
    strange_masks: Sequence[str] = ()

    @property
    def everyone(self) -> list[Portrait]:
        """All portraits."""
        return [*self.train, *self.validation, *chain.from_iterable(self.columns.values())]

    @property
    def backgrounds(self) -> list[Background]:
        """All backgrounds."""
        return [*self.train_backgrounds, *self.validation_backgrounds]

    def digest(self) -> str:
        """SHA-256 of who is trained on and who is validated with, by name and in order.

        Samples are known by numbers, so that a run can go on only with the same people and scenes.
        """
        columns = {faces: [p.name for p in people] for faces, people in self.columns.items()}
        scenes = self.train_backgrounds, self.validation_backgrounds
        names = [
            [p.name for p in self.train],
            [p.name for p in self.validation],
            [[scene.image.name for scene in part] for part in scenes],
            dict(sorted(columns.items())),
        ]
        return _digest(names)

    def files_digest(self, others: Sequence[Path]) -> str:
        """SHA-256 of the names and sizes in bytes of all files that samples are made of.

        Args:
            others: Files, and folders of files, that settings name; what is missing counts as such.
        """
        portraits = ((p.image, p.alpha, p.face_mask) for p in self.everyone)
        files = [path for paths in portraits for path in paths if path is not None]
        files += [scene.image for scene in self.backgrounds]
        for other in others:
            files += sorted(other.rglob("[!.]*")) if other.is_dir() else [other]
        sizes = [[path.name, path.stat().st_size] for path in files if path.is_file()]
        return _digest(sizes)


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def find_portraits(data: Path, settings: DataSettings, *, scenes: bool) -> Split:
    """The portraits of a data set, or those of a folder, divided.

    Args:
        data: Where they lie.
        settings: Which data set, shares, seed and exclusions.
        scenes: Whether backgrounds are needed.

    Raises:
        InputError: If files are missing (it names them all), or the folder of other alphas is.
        AgreementError: If the data set's agreement was not accepted.
        UnknownNameError: If no data set, or no part of it, has that name.
        TrainingError: If there is nobody to train on.
    """
    if settings.dataset == "folder":
        split = split_folder(data, settings, scenes=scenes)
    elif scenes:
        raise ConfigError(
            "recipe 'composites' needs a folder with backgrounds: data.dataset=folder."
        )
    else:
        split = _split_dataset(data, settings)
    if settings.alphas:
        split = replace(split, train=_with_alphas(split.train, Path(settings.alphas)))
    if not split.train:
        raise TrainingError(f"{data}: no portraits to train on; at least one is needed.")
    return split


def split_folder(data: Path, settings: DataSettings, *, scenes: bool = True) -> Split:
    """Divides a folder's portraits by person and its backgrounds by scene.

    Args:
        data: The folder.
        settings: Shares, seed and exclusions.
        scenes: Whether backgrounds are needed.
    """
    folder = read_portrait_folder(data, scenes=scenes)
    usable = [p for p in folder.portraits if p.quality in settings.qualities]
    train_part, validation = split_by_family(
        usable,
        [p.family for p in usable],
        fraction=settings.validation_fraction,
        seed=settings.split_seed,
    )
    groups = {p.group for p in usable if p.name in settings.exclude}
    validation += [p for p in train_part if p.group in groups]
    backgrounds = split_by_group(
        folder.backgrounds, fraction=settings.validation_fraction, seed=settings.split_seed
    )
    train = [p for p in train_part if p.group not in groups]
    hidden = bool(usable) and usable[0].image.parent.name == _HIDDEN_FOLDER
    return Split(train, validation, *backgrounds, hidden=hidden, strange_masks=folder.strange_masks)


def portrait_weights(portraits: Sequence[Portrait], settings: DataSettings) -> list[float]:
    """How often each portrait is drawn: its family's share, divided among its portraits.

    Raises:
        ConfigError: If the named shares add up to more than 1.
        InputError: If the file of scores cannot be read, or lacks a portrait.
    """
    own = _hardness(portraits, Path(settings.harder)) if settings.harder else [1.0] * len(portraits)
    sizes: dict[str, float] = {}
    for portrait, weight in zip(portraits, own, strict=True):
        sizes[portrait.family] = sizes.get(portrait.family, 0) + weight
    shares = {name: share for name, share in settings.family_weights.items() if name in sizes}
    left, others = 1 - sum(shares.values()), sum(n for f, n in sizes.items() if f not in shares)
    if left < -1e-9:
        raise ConfigError(f"data.family_weights add up to {1 - left:g}; at most 1 can be shared.")
    return [
        weight * (shares[p.family] / sizes[p.family] if p.family in shares else left / others)
        for p, weight in zip(portraits, own, strict=True)
    ]


def _hardness(portraits: Sequence[Portrait], scores: Path) -> list[float]:
    """The root of each portrait's MAD, over that of the median, within bounds."""
    errors = read_scores(scores, "mad")
    if missing := [portrait.name for portrait in portraits if portrait.name not in errors]:
        raise InputError(
            f"{scores}: lacks {len(missing)} of {len(portraits)} portraits, such as {missing[0]}; "
            "score all that are trained on: p3m evaluate --model NAME --data FOLDER."
        )
    roots = np.sqrt([errors[portrait.name] for portrait in portraits])
    hardness = np.clip(roots / max(np.median(roots), _NO_ERROR), 1 / _HARDEST, _HARDEST)
    return [float(one) for one in hardness]


def check_faces(split: Split, faces: Faces, *, needs_masks: bool = False) -> None:
    """Checks that faces can be what they are wanted to be.

    Args:
        split: Who is trained on.
        faces: What faces are wanted to be.
        needs_masks: Whether masks of faces are needed for something else.

    Raises:
        ConfigError: If visible faces are wanted and hidden in the files, or if they are to be
            hidden and nobody's face has a mask, or masks have other names than pictures without.
    """
    masked = any(portrait.face_mask is not None for portrait in split.train)
    if faces == "normal" and split.hidden:
        raise ConfigError(
            "faces is 'normal', but faces are hidden in these pictures already; training on "
            "visible ones needs the original pictures."
        )
    if faces == "obfuscated" and not split.hidden and not masked:
        raise ConfigError(
            "faces is 'obfuscated', but no picture has a face mask, so that nothing would be "
            "hidden. Add a folder facemask, or train with faces=normal."
        )
    if faces == "obfuscated" and not split.hidden:
        _check_names(split)
    if needs_masks and not masked:
        raise ConfigError("copy_paste needs masks of the hidden faces; no picture has any.")


def _check_names(split: Split) -> None:
    """Tells of those who have no mask of their faces, and would be shown with them."""
    bare = [portrait.name for portrait in split.everyone if portrait.face_mask is None]
    if not bare:
        return
    told = f"{len(bare)} of {len(split.everyone)} pictures have no face mask, such as {bare[0]}"
    if split.strange_masks:
        raise ConfigError(
            f"{told}, and {len(split.strange_masks)} masks belong to no picture, such as "
            f"{split.strange_masks[0]}. Name masks as their pictures, and take others away."
        )
    _LOG.warning("%s; faces in them stay as they are.", told)


def _with_alphas(portraits: Sequence[Portrait], folder: Path) -> list[Portrait]:
    """Those who have an alpha in a folder, with it; what was made from another one is left out."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; data.alphas names one, see p3m data refine.")
    alphas = pictures_by_stem(folder)
    chosen = [
        _with_alpha(portrait, alphas[portrait.name])
        for portrait in portraits
        if portrait.name in alphas
    ]
    if missing := len(portraits) - len(chosen):
        _LOG.warning(
            "%d of %d portraits have no alpha in %s: not trained on.",
            missing,
            len(portraits),
            folder,
        )
    return chosen


def _with_alpha(portrait: Portrait, alpha: Path) -> Portrait:
    if isinstance(portrait, PortraitFiles):
        return replace(portrait, alpha=alpha, trimap=None, foreground=None, background=None)
    return replace(portrait, alpha=alpha)


def _split_dataset(data: Path, settings: DataSettings) -> Split:
    """The parts of a data set; parts to validate with may be missing as a whole."""
    entry = DATASETS[settings.dataset]
    known = find_samples(entry, data, settings.train_split)
    require_agreement(entry, data)
    return Split(
        [portrait for portrait in known if portrait.name not in settings.exclude],
        [],
        [],
        [],
        hidden=entry.split(settings.train_split).faces == "hidden",
        columns={
            faces: list(find_samples(entry, data, name))
            for faces, name in settings.validation_splits.items()
            if survey_split(entry.split(name), data).folders
        },
    )
