"""Optional dependencies: asked for before they are needed, so that the answer is a sentence."""

from importlib.util import find_spec

from p3m.core.errors import MissingExtraError


def require_extra(extra: str, feature: str, *modules: str) -> None:
    """Checks that what an extra of the package brings is installed, without importing it.

    Args:
        extra: The extra's name, such as ``"train"``.
        feature: What needs it, for the error.
        *modules: The top-level modules that must be there.

    Raises:
        MissingExtraError: If one of them is missing; the text names the ``pip install``.

    Example:
        >>> require_extra("train", "Counting", "collections")
    """
    if any(find_spec(module) is None for module in modules):
        raise MissingExtraError(feature, extra)
