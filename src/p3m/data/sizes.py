"""Whether all that belongs to a picture has its size, found without decoding."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import PIL.Image

from p3m.core.errors import InputError
from p3m.data.foregrounds import given_layers
from p3m.data.portraits import Background, Portrait
from p3m.imaging.decode import DAMAGE, without_warnings
from p3m.imaging.types import Size

_ORIENTATION, _TURNED = 0x0112, frozenset({5, 6, 7, 8})


def check_sizes(portraits: Sequence[Portrait], backgrounds: Sequence[Background] = ()) -> None:
    """Checks that alphas, face masks and layers are there and as large as their pictures.

    Only the files' headers are read: a thousandth of what decoding takes.

    Args:
        portraits: Which.
        backgrounds: Pictures that only need be there.

    Raises:
        InputError: If a file is missing, is no picture or has another size; it lists them all.
    """
    problems = [problem for portrait in portraits for problem in _problems(portrait)]
    for background in backgrounds:
        try:
            picture_size(background.image)
        except OSError:
            problems.append(_unreadable(background.image))
    if problems:
        listed = "; ".join(sorted(problems))
        raise InputError(f"{len(problems)} of the files cannot be used: {listed}.")


def picture_size(path: Path) -> Size:
    """Height and width of a picture as it is shown, its orientation applied.

    Args:
        path: The file.

    Raises:
        OSError: If it is missing or no picture.
    """
    try:
        with without_warnings(), PIL.Image.open(path) as picture:
            width, height = picture.size
            turned = picture.getexif().get(_ORIENTATION) in _TURNED
    except (*DAMAGE, PIL.Image.DecompressionBombError) as error:
        raise OSError(f"{path}: {error}") from error
    return (width, height) if turned else (height, width)


def _problems(portrait: Portrait) -> Iterator[str]:
    try:
        size = picture_size(portrait.image)
    except OSError:
        yield _unreadable(portrait.image)
        return
    for path in _companions(portrait):
        try:
            other = picture_size(path)
        except OSError:
            yield _unreadable(path)
            continue
        if other != size:
            yield f"{path}: {other[1]}x{other[0]}, but its picture is {size[1]}x{size[0]}"


def _unreadable(path: Path) -> str:
    return f"{path}: no readable picture"


def _companions(portrait: Portrait) -> Iterable[Path]:
    yield portrait.alpha
    if portrait.face_mask is not None:
        yield portrait.face_mask
    yield from given_layers(portrait) or ()
