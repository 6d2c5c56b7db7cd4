"""The error tree: everything that p3m raises on purpose.

::

    P3MError
    ├── ShapeError (ValueError)             an array of the wrong shape
    ├── RangeError (ValueError)             a number outside of what is allowed
    ├── UnknownNameError (LookupError)      a name that no catalogue knows
    ├── ConfigError (ValueError)            settings that cannot be used
    ├── InputError (OSError)                an input file that is missing or unreadable
    ├── ImageDecodeError (ValueError)       a file that is not an image, or a damaged one
    ├── ImageTooLargeError (ValueError)     an image over the pixel cap
    ├── OutOfMemoryError (MemoryError)      a picture that needs more memory than there is
    ├── VideoDecodeError (ValueError)       a file that is not a video, or a damaged one
    ├── OutputError (OSError)               an output that exists already or cannot be written
    ├── WeightsError (RuntimeError)         weights that are missing, damaged or do not fit
    │   └── WeightsMismatchError (WeightsError)  names or shapes other than the network's
    ├── ModelFormatError (ValueError)       a model file that is not a matting model
    ├── ProviderError (RuntimeError)        a compute provider that is wanted and not there
    ├── AgreementError (PermissionError)    data whose terms were not accepted
    ├── LedgerError (ValueError)            a ledger that is malformed or of other files
    ├── WorkerError (RuntimeError)          a process of a parallel run that died
    ├── EvaluationError (ValueError)        files that cannot be scored, all of them at once
    ├── TrainingError (RuntimeError)        a training run that cannot go on
    ├── ExportMismatchError (RuntimeError)  an exported model that disagrees with its source
    └── MissingExtraError (ImportError)     an optional dependency that is not installed
"""

from collections.abc import Iterable


class P3MError(Exception):
    """Base of every error that p3m raises on purpose; says what was wrong and what to do."""


class ShapeError(P3MError, ValueError):
    """An array has another shape than the function needs.

    Attributes:
        name: The argument's name.
        actual_shape: The shape that it had.
        expected: The shape that was needed, in words such as ``"B 1 H W"``.
    """

    def __init__(self, name: str, actual_shape: tuple[int, ...], expected: str) -> None:
        self.name = name
        self.actual_shape = actual_shape
        self.expected = expected
        super().__init__(f"{name} has shape {actual_shape}; it must be ({expected}).")


class RangeError(P3MError, ValueError):
    """A number or an array's values lie outside of the allowed range."""


class UnknownNameError(P3MError, LookupError):
    """A catalogue has no entry of that name.

    Attributes:
        name: The name that was asked for.
        known: The names that exist.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], suggestion: str | None) -> None:
        self.name = name
        self.known = tuple(known)
        hint = f" Did you mean {suggestion!r}?" if suggestion else ""
        super().__init__(f"No {kind} named {name!r}.{hint} Known: {', '.join(self.known)}.")


class ConfigError(P3MError, ValueError):
    """Settings that contradict each other, are unknown or cannot be read."""


class InputError(P3MError, OSError):
    """An input file or folder is missing or cannot be read."""


class ImageDecodeError(P3MError, ValueError):
    """A file is no image that p3m can read, or it is damaged."""


class ImageTooLargeError(P3MError, ValueError):
    """An image has more pixels than the cap allows; found before it is decoded.

    Attributes:
        pixels: The image's pixels.
        max_pixels: The cap.
    """

    def __init__(self, source: str, pixels: int, max_pixels: int) -> None:
        self.pixels = pixels
        self.max_pixels = max_pixels
        super().__init__(
            f"{source}: {pixels / 1e6:.1f} megapixels are over the cap of {max_pixels / 1e6:.1f}. "
            "Raise the cap (--max-megapixels, or max_pixels in Python) if you trust the file."
        )


class OutOfMemoryError(P3MError, MemoryError):
    """A picture needs more memory than there is."""


class VideoDecodeError(P3MError, ValueError):
    """A file is no video that p3m can read, or it is damaged."""


class OutputError(P3MError, OSError):
    """An output exists already, two outputs are one, or a folder cannot be written."""


class WeightsError(P3MError, RuntimeError):
    """Weights are missing, have the wrong hash, or do not fit the model."""


class WeightsMismatchError(WeightsError):
    """Weights have other names or shapes than the network's; the message gives the first of each.

    Attributes:
        missing: Names that the network needs and the weights lack.
        unexpected: Names that the network does not know.
        misshapen: Names that both have, with tensors of different shapes.
    """

    def __init__(
        self,
        lead: str,
        *,
        missing: Iterable[str] = (),
        unexpected: Iterable[str] = (),
        misshapen: Iterable[str] = (),
    ) -> None:
        self.missing = tuple(missing)
        self.unexpected = tuple(unexpected)
        self.misshapen = tuple(misshapen)
        kinds = {
            "missing": self.missing,
            "unexpected": self.unexpected,
            "of another shape": self.misshapen,
        }
        found = [f"{kind}: {_first(names)}" for kind, names in kinds.items() if names]
        super().__init__(f"{'; '.join([lead, *found])}.")


class ModelFormatError(P3MError, ValueError):
    """A model file can be read but is not a matting model that p3m can run."""


class ProviderError(P3MError, RuntimeError):
    """A compute provider was asked for by name and is not available here."""


class AgreementError(P3MError, PermissionError):
    """Data may be used only by those who accept their terms, and nobody did."""


class LedgerError(P3MError, ValueError):
    """A ledger or a file of faces is malformed, or belongs to other pictures."""


class WorkerError(P3MError, RuntimeError):
    """A process of a parallel run died, as when memory ran out."""


class EvaluationError(P3MError, ValueError):
    """Files that cannot be scored as they are.

    Attributes:
        problems: All that is wrong, a line each.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        amount = "1 problem" if count == 1 else f"{count} problems"
        super().__init__(f"Nothing was scored, for {amount}: {_first(self.problems)}")


class TrainingError(P3MError, RuntimeError):
    """A training run cannot go on: no finite loss, no samples, or another run's checkpoint."""


class ExportMismatchError(P3MError, RuntimeError):
    """An exported model gives other numbers than the model it was made from."""


class MissingExtraError(P3MError, ImportError):
    """An optional dependency is needed and not installed.

    Attributes:
        extra: The extra of the package ``p3m`` that brings it.
    """

    def __init__(self, feature: str, extra: str) -> None:
        self.extra = extra
        super().__init__(f'{feature} needs an optional dependency: pip install "p3m[{extra}]".')


def _first(names: tuple[str, ...], count: int = 3) -> str:
    rest = f" and {len(names) - count} more" if len(names) > count else ""
    return ", ".join(names[:count]) + rest
