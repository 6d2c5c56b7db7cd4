"""A picture in bands of rows, each small enough for a processor's cache."""

from collections.abc import Iterator

CACHED_PX = 1 << 16
"""Pixels of which a processor holds a few arrays in its cache."""


def bands(shape: tuple[int, ...], pixels: int = CACHED_PX) -> Iterator[slice]:
    """The rows of a picture, so many at a time that several passes over them are fast.

    Args:
        shape: (H, W).
        pixels: How many a band has at most; it has one row at least.

    Example:
        >>> [(band.start, band.stop) for band in bands((5, 30_000))]
        [(0, 2), (2, 4), (4, 6)]
    """
    height, width = shape
    rows = max(1, pixels // width)
    return (slice(top, top + rows) for top in range(0, height, rows))
