"""The predictor: a picture in, its alpha of the same size out."""

import numpy as np

from p3m.core.checks import check_shape
from p3m.core.errors import ShapeError
from p3m.imaging.types import Alpha, Image
from p3m.inference.contract import Backend
from p3m.inference.strategy import Strategy, Tiled

_TILED = Tiled()


class Predictor:
    """Mattes pictures of any size; may be called by several threads at once.

    Args:
        backend: The model.
        strategy: How large pictures meet it.

    Raises:
        P3MError: If the strategy cannot work with this model; the text says which can.
    """

    def __init__(self, backend: Backend, strategy: Strategy = _TILED) -> None:
        strategy.check(backend)
        self._backend = backend
        self._strategy = strategy

    @property
    def model(self) -> str:
        """The name that the model says of itself, or its file's."""
        return self._backend.spec.name

    def __call__(self, image: Image) -> Alpha:
        """The picture's alpha.

        Args:
            image: RGB, shape (H, W, 3), ``uint8``, of any size from 1 by 1.

        Returns:
            Shape (H, W), ``float32`` in [0, 1].

        Raises:
            ShapeError: If ``image`` has another shape or type.
            ModelFormatError: If the model's answer is not an alpha of the picture's size.
        """
        check_shape("image", image, "H W 3")
        if image.dtype != np.uint8:
            raise ShapeError("image", image.shape, f"H W 3 of uint8, not of {image.dtype}")
        alpha = self._strategy.predict(self._backend, image)
        return np.ascontiguousarray(alpha.clip(0.0, 1.0, out=alpha))
