"""P3M-CP: a visible face of somebody else, pasted where a face is hidden, while a network learns.

The pictures that a network is trained on show no faces (PPT), those that it is used on do. Copying
faces of people who are public anyway into the hidden ones lets it learn what faces look like: in
the picture (`ImageCopyPaste`, the paper's P3M-ICP), or between two parts of the network, where the
features of the face replace those of the blur (`FeatureCopyPaste`, its P3M-FCP).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from p3m.core.errors import ConfigError
from p3m.ops.alignment import mask_ellipse
from p3m.ops.normalize import IMAGENET_MEAN, IMAGENET_STD, normalize
from p3m.training.borrowed_faces import Borrowed, CopyPasteSettings, Faces, aligned, borrow


class ImageCopyPaste:
    """Pastes faces into pictures, and into their foregrounds: a change of a batch.

    Args:
        faces: What is borrowed from.
        settings: How often and how.
        seed: Decides all draws, together with the samples' numbers.
    """

    def __init__(self, faces: Faces, settings: CopyPasteSettings, *, seed: int) -> None:
        self._faces = faces
        self._settings = settings
        self._seed = seed

    def __call__(self, batch: Mapping[str, Any]) -> Mapping[str, Any]:
        """The batch with other faces; what is not in a sample's ``faces`` is as it was.

        Args:
            batch: As `p3m.data.crops` makes it: image and perhaps foreground (B, S, S, 3), faces
                (B, S, S), index (B,). It is not altered.
        """
        borrowed = borrow(batch, self._faces, self._settings, seed=self._seed)
        if borrowed is None:
            return batch
        names = [name for name in ("image", "foreground") if name in batch]
        changed = {name: batch[name].clone() for name in names}
        for row, place in enumerate(borrowed.places):
            target = (batch["faces"][place] > 0).float()[None, None]
            one = slice(row, row + 1)
            patch, mask = _shrunk_to(target, borrowed.patches[one], borrowed.masks[one])
            face, weight = aligned(target, patch, mask, borrowed.changes[one])
            for name in names:
                picture = changed[name][place].permute(2, 0, 1).float() / 255
                merged = torch.lerp(picture, face[0], weight[0]) * 255
                changed[name][place] = merged.round().to(torch.uint8).permute(1, 2, 0)
        return {**batch, **changed}


class FeatureCopyPaste:
    """Pastes the features of faces between two parts of a network, G1 and G2 in the paper.

    Borrowed faces run through the network as far as the stage; there their features, aligned to the
    hidden faces, take the place of the pictures' own. Gradients flow through both. Batch norm of
    the first part sees the borrowed faces, too.

    Args:
        faces: What is borrowed from.
        settings: How often, how and at which stage.
        seed: Decides all draws, together with the samples' numbers.
        mean: What is subtracted from red, green and blue in [0, 1].
        std: What the difference is divided by.
    """

    def __init__(
        self,
        faces: Faces,
        settings: CopyPasteSettings,
        *,
        seed: int,
        mean: tuple[float, float, float] = IMAGENET_MEAN,
        std: tuple[float, float, float] = IMAGENET_STD,
    ) -> None:
        self._faces = faces
        self._settings = settings
        self._seed = seed
        self._mean = mean
        self._std = std

    @contextmanager
    def during(self, model: nn.Module, batch: Mapping[str, Any]) -> Iterator[None]:
        """Within this context, the network's forward pass of the batch is pasted into.

        Args:
            model: The network, perhaps wrapped.
            batch: As `ImageCopyPaste` takes it.

        Raises:
            ConfigError: If the network has no such stage, or what it says is not one map a channel.
        """
        borrowed = borrow(batch, self._faces, self._settings, seed=self._seed)
        if borrowed is None:
            yield
            return
        network = getattr(model, "module", model)
        stage = find_stage(network, self._settings.stage)
        seen = normalize(borrowed.patches, mean=self._mean, std=self._std)
        features = _features_at(stage, network, seen)
        targets = (batch["faces"] > 0).float()[borrowed.places, None]

        def paste(_: nn.Module, __: tuple[Any, ...], output: Tensor) -> Tensor:
            if self._settings.channels == "first":
                return _pasted(output, features, targets, borrowed)
            first = _pasted(output.movedim(-1, 1), features.movedim(-1, 1), targets, borrowed)
            return first.movedim(1, -1)

        handle = stage.register_forward_hook(paste)
        try:
            yield
        finally:
            handle.remove()


def find_stage(network: nn.Module, name: str) -> nn.Module:
    """The part of a network by its name.

    Raises:
        ConfigError: If there is none; it tells the parts that there are.
    """
    try:
        return network.get_submodule(name)
    except AttributeError as error:
        known = [part for part, _ in network.named_modules() if part and part.count(".") < 2]
        raise ConfigError(
            f"copy_paste.stage is {name!r}; {type(network).__name__} has no such part. "
            f"Its parts: {', '.join(known)}."
        ) from error


def _shrunk_to(target: Tensor, patch: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Patch and mask at a half, a quarter … as long as the face is far larger than the target."""
    ratio = mask_ellipse(mask).spread.min() / mask_ellipse(target).spread.max()
    halvings = max(0, int(torch.log2(ratio).floor())) if torch.isfinite(ratio) else 0
    if not halvings:
        return patch, mask
    factor = 2 ** min(halvings, int(np.log2(patch.shape[-1])) - 1)
    return functional.avg_pool2d(patch, factor), functional.avg_pool2d(mask, factor)


class _ReachedError(Exception):
    """Ends a forward pass at the stage whose features are wanted."""

    def __init__(self, features: Tensor) -> None:
        self.features = features
        super().__init__("the stage was reached")


def _features_at(stage: nn.Module, network: nn.Module, image: Tensor) -> Tensor:
    """What a stage says about pictures; the network is run no further."""

    def stop(_: nn.Module, __: tuple[Any, ...], output: object) -> None:
        if not isinstance(output, Tensor) or output.ndim != 4:
            raise ConfigError(
                "copy_paste.stage must name a part whose output is one map a channel."
            )
        raise _ReachedError(output)

    handle = stage.register_forward_hook(stop)
    try:
        network(image)
    except _ReachedError as reached:
        return reached.features
    finally:
        handle.remove()
    raise ConfigError("copy_paste.stage names a part that the network's forward pass never calls.")


def _pasted(output: Tensor, features: Tensor, targets: Tensor, borrowed: Borrowed) -> Tensor:
    """Features of a batch with those of borrowed faces in the places of hidden ones."""
    here = functional.interpolate(targets, output.shape[-2:], mode="area")
    there = functional.interpolate(borrowed.masks, features.shape[-2:], mode="area")
    face, weight = aligned(here, features, there, borrowed.changes)
    return _replaced(output, borrowed.places, face.to(output.dtype), weight.to(output.dtype))


def _replaced(output: Tensor, places: Sequence[int], face: Tensor, weight: Tensor) -> Tensor:
    """The features with some of their rows mixed with others; ``output`` itself stays as it is."""
    at = torch.tensor(places, device=output.device)
    return output.index_copy(0, at, torch.lerp(output[at], face, weight))
