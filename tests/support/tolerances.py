"""How far two computations of one number may differ: one table, by dtype."""

from typing import TypedDict


class Tolerance(TypedDict):
    """What ``allclose`` functions of NumPy and torch take."""

    rtol: float
    atol: float


_TABLE = {
    "float64": Tolerance(rtol=1e-10, atol=1e-12),  # sums of up to 1e5 terms, about 2e-16 each
    "float32": Tolerance(rtol=1e-5, atol=1e-6),  # likewise, about 1e-7 each
    "bfloat16": Tolerance(rtol=2e-2, atol=1e-2),  # 8 bits of mantissa
}


def tolerance(dtype: object) -> Tolerance:
    """The tolerance of a NumPy or torch dtype.

    Example:
        >>> tolerance("torch.float32")["rtol"]
        1e-05
    """
    return _TABLE[str(dtype).removeprefix("torch.")]
