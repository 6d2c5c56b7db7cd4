"""The parts of picture files, walked one by one: what stands beside the pixels, and after them.

Pillow tells of the parts that it knows. These functions look for all others, so that nothing in a
file passes for harmless because nobody asked. They yield groups as
:func:`p3m.imaging.metadata.find_metadata` names them.
"""

from collections.abc import Iterator

_PNG_PIXELS = frozenset(
    {
        b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD",
        b"hIST", b"pHYs", b"cICP", b"mDCV", b"cLLI",
    }
)  # fmt: skip
"""Chunks that say how the pixels are meant."""

_PNG_GROUPS = {
    b"tEXt": "text", b"zTXt": "text", b"iTXt": "text", b"tIME": "date", b"eXIf": "exif",
    b"iCCP": "icc", b"acTL": "pictures", b"fcTL": "pictures", b"fdAT": "pictures",
}  # fmt: skip

_WEBP_PIXELS = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ANIM", b"ALP" + b"H"})
_WEBP_GROUPS = {b"ICCP": "icc", b"XMP ": "xmp", b"ANMF": "pictures"}
_WEBP_EXIF = b"EXIF"

_JPEG_GROUPS = {
    (0xE1, b"Exif\0"): None,  # looked into by tags
    (0xE1, b"http://ns.adobe.com/x"): "xmp",
    (0xE2, b"ICC_PROFILE\0"): "icc",
    (0xE2, b"MPF\0"): "pictures",
    (0xED, b"Photoshop 3.0\0"): "photoshop",
    (0xEE, b"Adobe"): None,  # how the colours are meant
}
_END = 0xD9
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_JFIF_HEADER = 14
_BMP_HEADER = 40
_JPEG_START = b"\xff\xd8\xff"


def png_groups(content: bytes) -> Iterator[str]:
    """The groups in a PNG file, those of chunks after the pixels among them."""
    at = 8
    while at + 8 <= len(content):
        length, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        if kind == b"iTXt" and content[at + 8 :].startswith(b"XML:com.adobe.xmp"):
            yield "xmp"
        elif kind not in _PNG_PIXELS:
            yield _PNG_GROUPS.get(kind, "other")
        at += 12 + length
        if kind == b"IEND":
            break
    if at < len(content):
        yield "trailer"


def webp_groups(content: bytes) -> Iterator[str]:
    """The groups in a WebP file."""
    end = 8 + int.from_bytes(content[4:8], "little")
    at = 12
    while at + 8 <= min(end, len(content)):
        kind, length = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        if kind in _WEBP_GROUPS:
            yield _WEBP_GROUPS[kind]
        elif kind not in _WEBP_PIXELS and kind != _WEBP_EXIF:
            yield "other"
        at += 8 + length + length % 2
    if content[end + end % 2 :].strip(b"\0"):
        yield "trailer"


def bmp_groups(content: bytes) -> Iterator[str]:
    """The groups in a BMP file: what follows its pixels, which may be a profile."""
    if int.from_bytes(content[14:18], "little") < _BMP_HEADER:  # of OS/2, which no one writes
        return
    pixels, width, height = (
        int.from_bytes(content[at : at + 4], "little", signed=True) for at in (10, 18, 22)
    )
    bits, packing = (int.from_bytes(content[at : at + 2], "little") for at in (28, 30))
    row = (abs(width) * bits + 31) // 32 * 4
    if packing in {0, 3} and content[pixels + row * abs(height) :].strip(b"\0"):
        yield "trailer"


def jpeg_groups(content: bytes) -> Iterator[str]:
    """The groups in a JPEG file, those of segments between its scans among them."""
    at = 2
    while (at := content.find(b"\xff", at)) >= 0 and at + 2 <= len(content):
        marker = content[at + 1]
        if marker == _END:
            break
        if marker in {0x00, 0xFF} or marker in _ALONE:  # pixels, padding, restarts
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        yield from _segment_groups(marker, content[at + 4 : at + 2 + length])
        at += 2 + max(length, 2)
    if at >= 0 and content[at + 2 :].strip(b"\0"):
        yield "trailer"


def _segment_groups(marker: int, body: bytes) -> Iterator[str]:
    if marker == 0xFE:
        yield "comment"
    if not 0xE0 <= marker <= 0xEF:
        return
    if _JPEG_START in body:  # even where no directory points to it any more
        yield "thumbnail"
    if marker == 0xE0:
        yield from _jfif_groups(body)
        return
    for (number, start), group in _JPEG_GROUPS.items():
        if marker == number and body.startswith(start):
            if group is not None:
                yield group
            if group == "photoshop" and b"8BIM\x04\x04" in body:
                yield "iptc"
            return
    yield "makernote"


def _jfif_groups(body: bytes) -> Iterator[str]:
    """A thumbnail in plain pixels after the JFIF header, or one in an extension of it."""
    if body.startswith(b"JFXX\0") or (body.startswith(b"JFIF\0") and len(body) > _JFIF_HEADER):
        yield "thumbnail"
    elif not body.startswith(b"JFIF\0"):
        yield "makernote"
