"""ONNX Runtime behind the Backend protocol."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from p3m.core.checks import check_shape
from p3m.core.errors import ModelFormatError
from p3m.core.processors import usable_processors
from p3m.imaging.types import Alpha, Image
from p3m.inference.coarse import Maps
from p3m.inference.contract import Alphas, Images, Parts, Pixels
from p3m.inference.graph import PARTS, check_detail, check_graph, has_parts
from p3m.inference.outputs import Outputs, classes_of, normalised
from p3m.inference.spec import ModelSpec, read_spec
from p3m.weights.session import (
    decoded_graph,
    on_processor,
    open_session,
    releasing,
    run_session,
)

if TYPE_CHECKING:
    from onnxruntime import InferenceSession, RunOptions


class OnnxBackend:
    """A matting model in an ONNX file, run by ONNX Runtime.

    A file of p3m's own format says in its metadata how to feed it. It may carry a small second
    graph that refines windows, or give the answers of the network's two decoders apart, as outputs
    ``local_alpha`` and ``global_logits``: then windows are refined by the local alpha. Any other
    file is a plain model: it is fed as ImageNet models are, and its alpha refines windows. Without
    a second graph a window's answer counts only within the transition that was seen at low
    resolution, a little widened.

    Args:
        source: The file, or its bytes.
        threads: Threads that share each operation of the whole model; with a second graph, threads
            that refine windows, each its own. ``None`` takes every processor that this process may
            use.
        provider: ``"cpu"`` (the same as ``None``), ``"cuda"``, ``"coreml"`` …, or ONNX Runtime's
            full name.

    Raises:
        WeightsError: If the file is missing or cannot be read.
        ModelFormatError: If it is not ONNX, or no matting model; the text says what it has and what
            it needs.
        ProviderError: If the provider is not available, or could not be started.
        RangeError: If ``threads`` is less than 1.
    """

    def __init__(
        self,
        source: str | Path | bytes,
        *,
        threads: int | None = None,
        provider: str | None = None,
    ) -> None:
        name = "The model" if isinstance(source, bytes) else str(source)
        file = source if isinstance(source, bytes) else Path(source)
        self._base = open_session(file, name=name, threads=threads, provider=provider)
        check_graph(self._base, name)
        metadata = self._base.get_modelmeta().custom_metadata_map
        self._spec = read_spec(name, metadata)
        self._gives_parts = has_parts(self._base)
        self._detail: InferenceSession | None = None
        self._refiners = 1
        if self._spec.detail:
            # A window is small: threads would wait for each other in each operation on it.
            apart = on_processor(self._base)
            self._refiners = (threads or usable_processors()) if apart else 1
            self._detail = open_session(
                decoded_graph(metadata["p3m.detail"], name),
                name=f"{name}'s detail graph",
                threads=1 if apart else threads,
                provider=provider,
            )
            check_detail(self._base, self._detail, name)

    @property
    def spec(self) -> ModelSpec:
        """How to feed the model."""
        return self._spec

    @property
    def gives_parts(self) -> bool:
        """Whether the file has outputs ``local_alpha`` and ``global_logits``."""
        return self._gives_parts

    @property
    def refiners(self) -> int:
        """The number of threads, where a second graph refines windows on the processor."""
        return self._refiners

    def parts(self, image: Pixels) -> Parts:
        """What the network makes of a picture; see :meth:`Backend.parts`.

        Raises:
            ShapeError: If ``image`` is not (H, W, 3).
            ModelFormatError: If the model's answer is not an alpha of the picture's size.
        """
        check_shape("image", image, "H W 3")
        return self._run_base(image[None]).parts()

    def coarse(self, image: Image) -> tuple[Alpha, Maps]:
        """What the model makes of a whole picture; see :meth:`Backend.coarse`.

        Raises:
            ShapeError: If ``image`` is not (H, W, 3).
            ModelFormatError: If the model's answer is not an alpha of the picture's size.
        """
        check_shape("image", image, "H W 3")
        # Without a detail graph windows follow, which the same session runs at another size.
        options = releasing(self._base) if self._detail is None else None
        outputs = self._run_base(image[None], options)
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
            return self._run_base(images).within(maps)
        feed = {"image": normalised(images, self._spec), "coarse": maps}
        (alphas,) = run_session(
            self._detail, ["alpha"], feed, name=f"{self._spec.name}'s detail graph"
        )
        refined: Alphas = alphas[:, 0]
        return refined

    def _run_base(self, images: Pixels, options: "RunOptions | None" = None) -> Outputs:
        """The whole model's answer to (B, h, w, 3).

        Raises:
            ModelFormatError: If it is not of the pictures' size, or there is none.
        """
        answers = self._answers(normalised(images, self._spec), options)
        for name, channels in (("alpha", 1), *(PARTS.items() if self._gives_parts else ())):
            wanted = (len(images), channels, *images.shape[1:3])
            if answers[name].shape != wanted:
                raise ModelFormatError(
                    f"{self._spec.name} made {name} {answers[name].shape} of an input "
                    f"{(len(images), 3, *images.shape[1:3])}; it must be {wanted}."
                )
        coarse = answers.get("coarse")
        if not self._gives_parts:
            return Outputs(answers["alpha"][:, 0], coarse=coarse)
        local, logits = (answers[name] for name in PARTS)
        return Outputs(answers["alpha"][:, 0], local[:, 0], classes_of(logits), coarse)

    def _answers(self, planes: Maps, options: "RunOptions | None") -> dict[str, Any]:
        """The outputs that are needed, by name; the first is called alpha, whatever its name."""
        inputs, outputs = self._base.get_inputs(), self._base.get_outputs()
        names = [outputs[0].name]
        names += ["coarse"] if self._detail is not None else []
        names += PARTS if self._gives_parts else []
        batches = [plane[None] for plane in planes] if inputs[0].shape[0] == 1 else [planes]
        runs = [
            run_session(self._base, names, {inputs[0].name: batch}, options, name=self._spec.name)
            for batch in batches
        ]
        results = runs[0] if len(runs) == 1 else map(np.concatenate, zip(*runs, strict=True))
        return dict(zip(("alpha", *names[1:]), results, strict=True))
