"""Colour profiles made from their definition, since no file of somebody else's is committed."""

import struct

import numpy as np
import pytest

P3_PRIMARIES = np.array(  # columns: red, green, blue; XYZ under D50
    [[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]]
)


def _fixed(*numbers):
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


def _xyz(*numbers):
    return b"XYZ \0\0\0\0" + _fixed(*numbers)


def _gamma(value):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256)) + b"\0\0"


def _description(text):
    words = text.encode() + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(words)) + words + bytes(78 + -len(words) % 4)


def _profile(kind, space, pcs, name, tags):
    tags = {b"desc": _description(name), b"wtpt": _xyz(0.9642, 1.0, 0.8249), **tags}
    table, data = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for signature, content in tags.items():
        table += signature + struct.pack(">II", start + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    size = 128 + len(table) + len(data)
    header = struct.pack(">I4sI4s4s4s12x4s", size, b"", 0x02400000, kind, space, pcs, b"acsp")
    header += bytes(28) + _fixed(0.9642, 1.0, 0.8249) + bytes(48)
    return header + table + data


@pytest.fixture(scope="session")
def p3_primaries():
    return P3_PRIMARIES


@pytest.fixture(scope="session")
def p3_profile():
    """RGB with the primaries of Display P3 and a plain gamma of 2.2."""
    tags = {
        letter + b"XYZ": _xyz(*column)
        for letter, column in zip([b"r", b"g", b"b"], P3_PRIMARIES.T, strict=True)
    }
    tags |= {letter + b"TRC": _gamma(2.2) for letter in (b"r", b"g", b"b")}
    return _profile(b"mntr", b"RGB ", b"XYZ ", "Wide gamut", tags)


@pytest.fixture(scope="session")
def linear_grey_profile():
    return _profile(b"mntr", b"GRAY", b"XYZ ", "Linear grey", {b"kTRC": _gamma(1.0)})


@pytest.fixture(scope="session")
def grey_inks_profile():
    """CMYK in which cyan, magenta and yellow are greys: each takes a third of the lightness."""
    ramp = bytes(range(256))
    corners = ((c, m, y, k) for c in range(2) for m in range(2) for y in range(2) for k in range(2))
    grid = b"".join(
        bytes([round(255 * (1 - k) * (1 - (c + m + y) / 3)), 128, 128]) for c, m, y, k in corners
    )
    identity = _fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + identity + ramp * 4 + grid + ramp * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", "Grey inks", {b"A2B0": table})
