"""Which prediction belongs to which truth: files of the same stem."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from p3m.core.errors import InputError

PICTURE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
"""The files of a folder that count, in lower case; hidden ones never do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A picture to score.

    Attributes:
        name: The stem that its files share.
        alpha: The true alpha.
        pred: The prediction; None where it is still to be made, or missing.
        trimap: Its trimap, or None.
        image: The picture itself, or None where nobody named it.
    """

    name: str
    alpha: Path
    pred: Path | None = None
    trimap: Path | None = None
    image: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """What two or more folders came to.

    Attributes:
        pairs: The pictures with a truth, in the order of their names.
        missing: The names of those without a prediction.
        unused: The names of predictions without a truth.
        problems: What else is wrong, a line each.
    """

    pairs: tuple[Pair, ...]
    missing: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def pair_folders(
    alphas: Path, preds: Path | None = None, trimaps: Path | None = None, images: Path | None = None
) -> Pairing:
    """The pictures of folders, paired by their stems; folders within them are not searched.

    Args:
        alphas: The true alphas.
        preds: The predictions; None where they are still to be made.
        trimaps: The trimaps, if there are any.
        images: The pictures themselves, if they are known.

    Raises:
        InputError: If a folder is missing or holds no picture.
    """
    problems: list[str] = []
    files = {
        kind: _by_stem(folder, problems)
        for kind, folder in (("trimap", trimaps), ("image", images))
        if folder is not None
    }
    truths = _by_stem(alphas, problems)
    pairs = [
        Pair(
            name=name,
            alpha=path,
            **{kind: paths.get(name) for kind, paths in files.items()},
        )
        for name, path in truths.items()
    ]
    for kind, paths in files.items():
        problems += [f"{name}: has no {kind}" for name in truths if name not in paths]
    if preds is None:
        return Pairing(pairs=tuple(pairs), problems=tuple(problems))
    return add_predictions(pairs, preds, problems)


def add_predictions(pairs: Sequence[Pair], preds: Path, problems: Iterable[str] = ()) -> Pairing:
    """The same pictures with predictions out of a folder.

    Args:
        pairs: Pictures and their truths.
        preds: The folder.
        problems: What is known to be wrong before.

    Raises:
        InputError: If the folder is missing or holds no picture, or none of it belongs to a truth.
    """
    found = list(problems)
    files = _by_stem(preds, found)
    names = {pair.name for pair in pairs}
    if not names & files.keys():
        raise InputError(
            f"{preds}: no prediction is named as a true alpha is, such as {min(names)}; "
            "files belong together by their names without suffix."
        )
    return Pairing(
        pairs=tuple(
            Pair(
                name=pair.name,
                alpha=pair.alpha,
                pred=files.get(pair.name),
                trimap=pair.trimap,
                image=pair.image,
            )
            for pair in pairs
        ),
        missing=tuple(pair.name for pair in pairs if pair.name not in files),
        unused=tuple(sorted(files.keys() - names)),
        problems=tuple(found),
    )


def _by_stem(folder: Path, problems: list[str]) -> Mapping[str, Path]:
    """The pictures of a folder by stem, in their order; what matches twice is told."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; check the name.")
    files: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith("."):
            files[path.stem].append(path)
    if not files:
        raise InputError(f"{folder}: holds no pictures; check the name.")
    for stem, paths in files.items():
        if len(paths) > 1:
            names = ", ".join(path.name for path in paths)
            problems.append(f"{folder}: {len(paths)} files are named {stem}: {names}")
    return {stem: paths[0] for stem, paths in sorted(files.items())}
