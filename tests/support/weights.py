"""Records of weights that were never trained, for tests of what handles records."""

import hashlib

from p3m.weights.catalog import Weights


def stub_weights(
    model: str = "net", tag: str = "v0", *, content: bytes = b"", file: str | None = None
) -> Weights:
    """A record whose size and hash are those of some content.

    Args:
        model: The network's name.
        tag: The training's name.
        content: What the file holds.
        file: The file's name; ``MODEL-TAG.onnx`` if not given.
    """
    return Weights(
        model=model,
        tag=tag,
        file=file or f"{model}-{tag}.onnx",
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        licence="MIT",
        trained_on="drawings",
        recipe="p3m train net",
        preprocessing="none",
        scores={"drawings/mad": 0.5},
    )
