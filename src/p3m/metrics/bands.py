"""A picture in bands of rows, each small enough for a processor's cache."""

from collections.abc import Iterator

_BAND_PX = 1 << 16


def bands(shape: tuple[int, ...]) -> Iterator[slice]:
    """The rows of a picture, so many at a time that a pass over a few arrays of them is fast.

    Args:
        shape: (H, W).

    Example:
        >>> [(band.start, band.stop) for band in bands((5, 30_000))]
        [(0, 2), (2, 4), (4, 6)]
    """
    height, width = shape
    rows = max(1, _BAND_PX // width)
    return (slice(top, top + rows) for top in range(0, height, rows))
