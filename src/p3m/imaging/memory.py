"""Lack of memory as an error of the picture that it stands in the way of."""

from collections.abc import Iterator
from contextlib import contextmanager

import cv2

from p3m.core.errors import OutOfMemoryError


@contextmanager
def memory_told(name: str) -> Iterator[None]:
    """Makes one error of NumPy's, Pillow's and OpenCV's lack of memory, so that others may go on.

    Args:
        name: What the error calls the picture.

    Raises:
        OutOfMemoryError: If there is too little.
    """
    try:
        yield
    except (MemoryError, cv2.error) as error:
        if isinstance(error, cv2.error) and error.code != cv2.Error.StsNoMem:
            raise
        raise OutOfMemoryError(
            f"{name}: there is not enough memory for it; make it smaller, or give p3m more."
        ) from error
