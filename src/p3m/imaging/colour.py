"""From whatever a file's colours mean to sRGB: modes, opacity, embedded profiles."""

import logging
from functools import lru_cache
from io import BytesIO

import numpy as np
import PIL.Image
from PIL import ImageCms

from p3m.core.errors import ImageDecodeError

_LOG = logging.getLogger(__name__)

_MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}
"""The picture mode of a profile's colour space."""

_NEARLY = 24
"""By how many steps of 8 bits a profile of sRGB by another method of rendering moves a colour."""


def separate(image: PIL.Image.Image, name: str) -> tuple[PIL.Image.Image, PIL.Image.Image | None]:
    """A picture's colours in 8 bits, as mode L, RGB or CMYK, and its opacity, if any, as mode L.

    16-bit grey is rounded. Pillow has already reduced other 16-bit colours to their high byte.

    Args:
        image: A loaded picture.
        name: What errors call it.

    Raises:
        ImageDecodeError: If its numbers have no stated range (32-bit or floating point), or its
            colours are of a rare kind.
    """
    mode = image.mode
    if mode.startswith("I;16"):
        steps = np.asarray(image).astype(np.uint32)
        return PIL.Image.fromarray(((steps + 128) // 257).astype(np.uint8)), None
    if image.has_transparency_data:
        rgba = (image.convert("LA") if mode == "La" else image).convert("RGBA")
        grey = mode in ("LA", "La")
        return rgba.getchannel("R") if grey else rgba.convert("RGB"), rgba.getchannel("A")
    if mode in ("L", "RGB", "CMYK"):
        return image, None
    if mode == "1":
        return image.convert("L"), None
    if mode in ("P", "YCbCr"):
        return image.convert("RGB"), None
    raise ImageDecodeError(
        f"{name}: pictures of mode {mode!r} are not read; save it as PNG, 8 or 16 bits a channel."
    )


def to_srgb(colours: PIL.Image.Image, icc_profile: bytes | None, name: str) -> PIL.Image.Image:
    """The colours in sRGB, as mode RGB.

    An embedded profile is applied; one that is damaged is logged and ignored. Without a profile,
    grey and RGB are taken for sRGB and CMYK for plain inks. A profile that calls itself sRGB and
    is nearly that is taken for it, which costs nothing; linear ones go by such names, too.

    Args:
        colours: Mode L, RGB or CMYK; may be changed in place.
        icc_profile: The file's own, or ``None``.
        name: What the log calls the picture.
    """
    if icc_profile:
        try:
            return _transform(colours, icc_profile)
        except (OSError, ValueError, ImageCms.PyCMSError):
            _LOG.warning("%s: the embedded colour profile cannot be used and was ignored.", name)
    return _as_rgb(colours)


def _as_rgb(colours: PIL.Image.Image) -> PIL.Image.Image:
    return colours if colours.mode == "RGB" else colours.convert("RGB")  # which would copy it


def _transform(colours: PIL.Image.Image, icc_profile: bytes) -> PIL.Image.Image:
    if _is_srgb(icc_profile):
        return _as_rgb(colours)
    profile = ImageCms.ImageCmsProfile(BytesIO(icc_profile))
    mode = _MODES.get(profile.profile.xcolor_space.strip())
    if mode == "RGB" and colours.mode == "L":
        colours = colours.convert("RGB")
    if mode != colours.mode:
        raise ValueError("the profile describes other channels than the picture has")
    in_place = colours if colours.mode == "RGB" else None
    return _built(profile, colours.mode).apply(colours, in_place)


@lru_cache(maxsize=32)  # most pictures of a run have the same few, and asking takes milliseconds
def _is_srgb(icc_profile: bytes) -> bool:
    """Whether a profile calls itself sRGB and moves a ramp of colours by a few steps at most."""
    profile = ImageCms.ImageCmsProfile(BytesIO(icc_profile))
    described = profile.profile.profile_description or ""
    if not described.startswith("sRGB") or profile.profile.xcolor_space.strip() != "RGB":
        return False
    ramp = np.zeros((4, 16, 3), np.uint8)
    ramp[0] = np.arange(0, 256, 17)[:, None]
    ramp[1:] = ramp[0] * np.eye(3, dtype=np.uint8)[:, None]
    moved = np.asarray(_built(profile, "RGB").apply(PIL.Image.fromarray(ramp)))
    return int(np.abs(moved.astype(int) - ramp).max()) <= _NEARLY


def _built(profile: ImageCms.ImageCmsProfile, mode: str) -> ImageCms.ImageCmsTransform:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    return ImageCms.buildTransform(profile, srgb, mode, "RGB")
