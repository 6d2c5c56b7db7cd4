"""The façade's other half: a picture in, the same picture without faces out."""

from collections.abc import Sequence
from functools import lru_cache

from p3m.imaging.io import MAX_PIXELS
from p3m.imaging.types import Alpha
from p3m.pipelines.pictures import PictureLike, picture_from
from p3m.privacy.anonymize import Anonymized, hide_faces
from p3m.privacy.catalog import create_effect
from p3m.privacy.centerface import CenterFace
from p3m.privacy.contract import Effect, Face, FaceDetector
from p3m.privacy.region import MARGIN


def anonymize(
    image: PictureLike,
    *,
    effect: str | Effect = "blur",
    strength: float | None = None,
    margin: float = MARGIN,
    detector: FaceDetector | None = None,
    faces: Sequence[Face] | None = None,
    alpha: Alpha | None = None,
    max_pixels: int = MAX_PIXELS,
) -> Anonymized:
    """A picture whose faces are hidden.

    Args:
        image: A file's name or its bytes, a Pillow image, or an array; see :func:`p3m.matte`. What
            is transparent lies over white.
        effect: A name in :data:`p3m.privacy.catalog.EFFECTS`, or an object.
        strength: Of an effect that is named; ``None`` takes its default.
        margin: How much further out than a face the effect reaches, as a share of its half.
        detector: Finds the faces; ``None`` takes CenterFace.
        faces: The faces themselves, where they are known; nothing is searched for then.
        alpha: The picture's alpha in [0, 1], shape (H, W), whose transition stays untouched.
        max_pixels: Files with more pixels are refused before they are decoded.

    Returns:
        The picture, its faces, and the mask of what was covered. Where no face was found the
        picture is as it was: ask ``faces`` before it is shared.

    Raises:
        P3MError: As reading a picture does; see :func:`p3m.read_image`.
        UnknownNameError: If no effect has that name.
        MissingExtraError: If faces are to be found and the extra ``privacy`` is not installed.
        ShapeError: If ``alpha`` is not of the picture's size.
    """
    pixels = picture_from(image, max_pixels=max_pixels).image
    chosen = create_effect(effect, strength) if isinstance(effect, str) else effect
    if faces is None:
        faces = (detector or _default_detector())(pixels)
    return hide_faces(pixels, faces, effect=chosen, margin=margin, alpha=alpha)


@lru_cache(maxsize=1)
def _default_detector() -> CenterFace:
    return CenterFace()
