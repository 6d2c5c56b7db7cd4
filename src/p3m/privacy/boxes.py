"""Boxes around faces: how much two of them overlap, and one face out of many findings."""

from collections.abc import Iterable, Sequence

import cv2

from p3m.privacy.contract import Face

Rectangle = tuple[float, float, float, float]


def overlap(first: Rectangle, second: Rectangle) -> float:
    """The area that two boxes share over the area that they cover together, in [0, 1].

    Args:
        first: Left, top, right, bottom.
        second: Likewise.

    Example:
        >>> overlap((0, 0, 2, 2), (0, 0, 2, 1))
        0.5
        >>> overlap((0, 0, 1, 1), (2, 2, 3, 3))
        0.0
    """
    shared = _shared(first, second)
    return shared / max(area(first) + area(second) - shared, 1e-9)


def area(box: Rectangle) -> float:
    """Width times height of a box; 0 for an empty one."""
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)


def distinct(
    faces: Sequence[Face], *, most: float = 0.3, most_within: float = 0.7
) -> tuple[Face, ...]:
    """The faces without those that overlap a surer one, or lie for the most part within it.

    Args:
        faces: Findings, perhaps several of one face.
        most: The greatest `overlap` that two different faces may have.
        most_within: The greatest share of its own area that a face may have in a surer one.

    Returns:
        The surest first.
    """
    if not faces:
        return ()
    corners = [(f.box[0], f.box[1], f.box[2] - f.box[0], f.box[3] - f.box[1]) for f in faces]
    kept: list[Face] = []
    for index in cv2.dnn.NMSBoxes(corners, [f.score for f in faces], 0.0, most):
        face = faces[int(index)]
        if all(_share_within(face.box, surer.box) <= most_within for surer in kept):
            kept.append(face)
    return tuple(kept)


def hull(boxes: Iterable[Rectangle]) -> Rectangle:
    """The least box that holds some boxes, of which there is at least one.

    Example:
        >>> hull([(0, 0, 2, 2), (1, -1, 3, 1)])
        (0, -1, 3, 2)
    """
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _share_within(inner: Rectangle, outer: Rectangle) -> float:
    return _shared(inner, outer) / max(area(inner), 1e-9)


def _shared(first: Rectangle, second: Rectangle) -> float:
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    return max(width, 0.0) * max(height, 0.0)
