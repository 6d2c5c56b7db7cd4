"""Whether files can be decoded, and greys mean what they are taken for, before they are needed."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from p3m.core.errors import InputError, P3MError
from p3m.core.processors import usable_processors
from p3m.core.threads import thread_map
from p3m.data.portraits import Background, Portrait
from p3m.imaging.depth import UNSCALED, is_unscaled
from p3m.imaging.io import read_alpha, read_image

Find = Callable[[], str]
"""Finds what is wrong with a file, in words; nothing is if the text is empty."""


def check_contents(portraits: Sequence[Portrait], backgrounds: Sequence[Background] = ()) -> None:
    """Checks that alphas, masks of faces and backgrounds can be read, and that greys reach white.

    An alpha or a mask that holds 0 and 1 in place of 0 and 255 would show nobody, and hide no face.

    Args:
        portraits: Whose alphas and masks.
        backgrounds: Which.

    Raises:
        InputError: If one cannot be used; it lists them all.
    """
    problems = sorted(
        filter(
            None, thread_map(_found, _tasks(portraits, backgrounds), workers=usable_processors())
        )
    )
    if problems:
        raise InputError(f"{len(problems)} of the files cannot be used: {' '.join(problems)}")


def _found(find: Find) -> str:
    return find()


def _tasks(portraits: Sequence[Portrait], backgrounds: Sequence[Background]) -> Iterator[Find]:
    for portrait in portraits:
        yield partial(_wrong_with_grey, portrait.alpha)
        if portrait.face_mask is not None:
            yield partial(_wrong_with_grey, portrait.face_mask)
    for background in backgrounds:
        yield partial(_wrong_with_colours, background.image)


def _wrong_with_grey(path: Path) -> str:
    try:
        unscaled = is_unscaled(read_alpha(path))
    except P3MError as error:
        return str(error)
    if unscaled:
        return f"{path}: {UNSCALED}"
    return ""


def _wrong_with_colours(path: Path) -> str:
    try:
        read_image(path)
    except P3MError as error:
        return str(error)
    return ""
