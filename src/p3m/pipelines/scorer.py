"""Scores a network on pictures whose alpha is known, and shows some of them."""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import nn

from p3m.imaging.types import Alpha, Image
from p3m.metrics.absolute import mad, mse, sad
from p3m.pipelines.panel import panel_row

_METRICS = {"sad": sad, "mad": mad, "mse": mse}
_SHOWN = 4

Predict = Callable[[nn.Module, Image], Alpha]
"""A network's alpha of a picture, of the picture's size."""


class Pictures(Protocol):
    """Pictures with their true alphas, by number."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int) -> tuple[Image, Alpha]: ...


class Scorer:
    """Scores networks on columns of pictures, such as people with hidden and with visible faces.

    Args:
        columns: The pictures by the column's name; each column has at least one.
        predict: How the network sees a picture.

    Attributes:
        names: What the scores are called: ``sad``, ``mad`` and ``mse`` of each column, such as
            ``normal/sad``; each is a mean over the column's pictures, lower is better.
    """

    def __init__(self, columns: Mapping[str, Pictures], predict: Predict) -> None:
        self.names = tuple(f"{column}/{metric}" for column in columns for metric in _METRICS)
        self._columns = columns
        self._predict = predict

    def __call__(self, model: nn.Module) -> tuple[dict[str, float], NDArray[np.uint8]]:
        """A network's scores by name, and a panel of the first pictures of each column.

        Args:
            model: Put into eval mode.
        """
        model.eval()
        errors: list[np.floating] = []
        rows: list[NDArray[np.uint8]] = []
        for pictures in self._columns.values():
            values = []
            for number in range(len(pictures)):
                image, truth = pictures[number]
                alpha = self._predict(model, image)
                values.append([metric(alpha, truth) for metric in _METRICS.values()])
                if number < _SHOWN:
                    rows.append(panel_row(image, truth, alpha))
            errors.extend(np.mean(values, axis=0))
        scores = {name: float(error) for name, error in zip(self.names, errors, strict=True)}
        return scores, np.concatenate(rows, axis=0)
