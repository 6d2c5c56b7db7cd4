"""PyTorch behind the Backend protocol; imported only where a network of torch is to be run."""

from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from p3m.core.checks import check_shape
from p3m.imaging.types import Alpha, Image
from p3m.inference.coarse import Maps
from p3m.inference.contract import Alphas, Images, Parts, Pixels
from p3m.inference.outputs import Outputs, classes_of, normalised
from p3m.inference.spec import ModelSpec


class NetworkOutput(Protocol):
    """What a network must return; :class:`p3m.models.contract.MattingOutput` is one such."""

    @property
    def alpha(self) -> Tensor:
        """The fused alpha in [0, 1], shape (B, 1, H, W)."""

    @property
    def local_alpha(self) -> Tensor:
        """Alpha that is meant for the transition only, shape (B, 1, H, W)."""

    @property
    def global_logits(self) -> Tensor:
        """Scores of background, transition and foreground, shape (B, 3, H, W)."""

    @property
    def coarse(self) -> Tensor | None:
        """Maps for the detail path, shape (B, C, h, w), or ``None``."""


class TorchBackend:
    """A matting network in PyTorch, without gradients.

    ONNX Runtime needs less time and less memory for the same numbers: export what is to be run
    often.

    Args:
        network: Returns a :class:`NetworkOutput` of a normalised picture (B, 3, H, W). It is put
            into eval mode and moved to the device, in place.
        spec: How to feed it; with :meth:`ModelSpec.with_detail` if there is a detail path.
        detail: A detail path: returns alpha (B, 1, h, w) of normalised windows (B, 3, h, w) and of
            the network's coarse maps at the windows' pixels. ``None`` for a network without.
        device: Where it runs, such as ``"cpu"`` or ``"cuda"``.
    """

    def __init__(
        self,
        network: nn.Module,
        spec: ModelSpec,
        *,
        detail: nn.Module | None = None,
        device: str | torch.device = "cpu",
    ) -> None:
        self._device = torch.device(device)
        self._network = self._prepared(network)
        self._detail = None if detail is None else self._prepared(detail)
        self._spec = spec

    @property
    def spec(self) -> ModelSpec:
        """How to feed the network."""
        return self._spec

    @property
    def gives_parts(self) -> bool:
        """Always: every :class:`NetworkOutput` has them."""
        return True

    @property
    def refiners(self) -> int:
        """1: PyTorch's own threads share each operation."""
        return 1

    def parts(self, image: Pixels) -> Parts:
        """What the network makes of a picture; see :meth:`Backend.parts`.

        Raises:
            ShapeError: If ``image`` is not (H, W, 3).
        """
        check_shape("image", image, "H W 3")
        return self._run(image[None]).parts()

    def coarse(self, image: Image) -> tuple[Alpha, Maps]:
        """What the network makes of a whole picture; see :meth:`Backend.coarse`.

        Raises:
            ShapeError: If ``image`` is not (H, W, 3).
        """
        check_shape("image", image, "H W 3")
        outputs = self._run(image[None])
        alpha: Alpha = outputs.alphas[0]
        return alpha, outputs.maps()

    def refine(self, images: Images, maps: Maps) -> Alphas:
        """Alpha at full resolution; see :meth:`Backend.refine`.

        Raises:
            ShapeError: If the shapes do not fit each other.
        """
        check_shape("images", images, "B h w 3")
        check_shape("maps", maps, f"{len(images)} C {images.shape[1]} {images.shape[2]}")
        if self._detail is None:
            return self._run(images).within(maps)
        planes = self._tensor(normalised(images, self._spec))
        with torch.inference_mode():
            return _array(self._detail(planes, self._tensor(maps)))[:, 0]

    def _run(self, images: Pixels) -> Outputs:
        """The network's answer to (B, h, w, 3)."""
        planes = self._tensor(normalised(images, self._spec))
        with torch.inference_mode():
            output: NetworkOutput = self._network(planes)
            return Outputs(
                _array(output.alpha)[:, 0],
                _array(output.local_alpha)[:, 0],
                classes_of(_array(output.global_logits)),
                None if self._detail is None or output.coarse is None else _array(output.coarse),
            )

    def _prepared(self, module: nn.Module) -> nn.Module:
        return module.to(self._device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload,no-any-return]

    def _tensor(self, planes: Maps) -> Tensor:
        tensor = torch.from_numpy(np.ascontiguousarray(planes))
        return tensor.to(self._device, memory_format=torch.channels_last)


def _array(tensor: Tensor) -> Maps:
    array: Maps = tensor.float().cpu().numpy()
    return array
