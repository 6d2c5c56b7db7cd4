"""Privacy-preserving portrait matting: people cut out of pictures, on a plain CPU.

Names are loaded when they are first used, so that ``import p3m`` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from p3m.core.errors import P3MError
    from p3m.imaging.io import read_alpha, read_image, write_picture
    from p3m.inference.backend import OnnxBackend
    from p3m.inference.predictor import Predictor
    from p3m.inference.strategy import STRATEGIES
    from p3m.pipelines.anonymize import anonymize
    from p3m.pipelines.audit import audit
    from p3m.pipelines.matte import Matte, load_predictor, matte
    from p3m.privacy.anonymize import Anonymized
    from p3m.weights.catalog import WEIGHTS

    __version__: str

__all__ = [
    "STRATEGIES",
    "WEIGHTS",
    "Anonymized",
    "Matte",
    "OnnxBackend",
    "P3MError",
    "Predictor",
    "__version__",
    "anonymize",
    "audit",
    "load_predictor",
    "matte",
    "read_alpha",
    "read_image",
    "write_picture",
]

_HOMES = {
    "Anonymized": "p3m.privacy.anonymize",
    "Matte": "p3m.pipelines.matte",
    "OnnxBackend": "p3m.inference.backend",
    "P3MError": "p3m.core.errors",
    "Predictor": "p3m.inference.predictor",
    "STRATEGIES": "p3m.inference.strategy",
    "WEIGHTS": "p3m.weights.catalog",
    "anonymize": "p3m.pipelines.anonymize",
    "audit": "p3m.pipelines.audit",
    "load_predictor": "p3m.pipelines.matte",
    "matte": "p3m.pipelines.matte",
    "read_alpha": "p3m.imaging.io",
    "read_image": "p3m.imaging.io",
    "write_picture": "p3m.imaging.io",
}


def __getattr__(name: str) -> Any:
    """Loads a public name (PEP 562) and keeps it."""
    if name == "__version__":
        value: Any = import_module("importlib.metadata").version("p3m")
    elif name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    else:
        raise AttributeError(f"module 'p3m' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
