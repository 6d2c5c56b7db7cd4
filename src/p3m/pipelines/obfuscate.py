"""Hides faces in training pictures, in as many ways as people hide them."""

from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from p3m.data.drawn_face import Face as DrawnFeatures
from p3m.data.drawn_face import draw_face
from p3m.data.paint import Canvas, Colour
from p3m.imaging.types import Alpha, Image, Mask, Size
from p3m.privacy.contract import Effect
from p3m.privacy.effects import GaussianBlur, Mosaic, Solid
from p3m.privacy.region import protect_transition

_BAND_PX = 3
_SHADE = 0.35  # how dark drawn hair is beside its skin
_WHOLE_OUTLINE = 0.2  # the share of pictures whose transition is not spared


def obfuscate_randomly(image: Image, alpha: Alpha, faces: Mask, rng: np.random.Generator) -> Image:
    """The picture with its faces hidden by an effect, a strength and an outline drawn at random.

    Args:
        image: Shape (H, W, 3).
        alpha: Its alpha, shape (H, W); the effect mostly spares the transition, as P3M-10k does.
        faces: Where faces are, shape (H, W).
        rng: Source of randomness.
    """
    region = _random_outline(faces, rng)
    whole = rng.random() < _WHOLE_OUTLINE
    effect = random_effect(rng)
    return effect(image, region) if whole else _sparing(effect, image, alpha, faces, region)


def obfuscate_like_p3m(image: Image, alpha: Alpha, faces: Mask) -> Image:
    """The picture with its faces blurred strongly within their oval, as in P3M-10k."""
    return _sparing(GaussianBlur(), image, alpha, faces, faces)


def random_effect(rng: np.random.Generator) -> Effect:
    """Blur in half of the cases, else a mosaic, one colour or a drawn face."""
    kind = rng.random()
    if kind < 0.5:
        return GaussianBlur(strength=float(rng.uniform(0.1, 0.5)))
    if kind < 0.63:
        return Mosaic(cells=int(rng.integers(2, 9)))
    if kind < 0.7:
        return Solid()
    return DrawnFace(DrawnFeatures.random(rng, beard=bool(rng.random() < 0.3)))


@dataclass(frozen=True, slots=True)
class DrawnFace:
    """A drawn face, nobody's, in the mean colours of the hidden one.

    Eyes and mouths are seen in training without showing anybody's.

    Attributes:
        features: What it is like.
    """

    features: DrawnFeatures

    def __call__(self, image: Image, region: Mask) -> Image:
        """A copy of the image with the region hidden; see ``privacy.contract.Effect``."""
        result = Solid()(image, region)
        count, labels = cv2.connectedComponents(region.astype(np.uint8))
        for label in range(1, count):
            piece = np.equal(labels, label)
            left, top, width, height = cv2.boundingRect(piece.astype(np.uint8))
            window = (slice(top, top + height), slice(left, left + width))
            red, green, blue = np.mean(result[window][piece[window]], axis=0)
            drawn = self._drawn((height, width), (red, green, blue))
            np.copyto(result[window], drawn, where=piece[window][..., None])
        return result

    def _drawn(self, size: Size, skin: Colour) -> Image:
        """The face at a size, the skin around it included."""
        height, width = size
        canvas = Canvas(size, (width / 2, height * 0.42), height * 0.58)
        whole = canvas.shape(np.array([(-9.0, -9.0), (9.0, -9.0), (9.0, 9.0), (-9.0, 9.0)]))
        canvas.lay(whole, skin)
        hair = (_SHADE * skin[0], _SHADE * skin[1], _SHADE * skin[2])
        draw_face(canvas, self.features, (skin, hair), whole, lambda points: points)
        return canvas.finish()[0]


def _sparing(effect: Effect, image: Image, alpha: Alpha, faces: Mask, region: Mask) -> Image:
    """The picture with a region of the person hidden, clear of the matte's transition.

    Faces that are not the person's, such as a passer-by's, are hidden, too, apart from it, so that
    neither lends the other its colours.
    """
    person = alpha > 0.5
    clear = protect_transition(region | faces, alpha, radius_px=_BAND_PX)
    hidden = effect(image, clear & region & person)
    others = clear & faces & ~person
    return effect(hidden, others) if others.any() else hidden


def _random_outline(faces: Mask, rng: np.random.Generator) -> Mask:
    """Each face's own outline, one that is wider or narrower, or its box."""
    kind = rng.random()
    if kind < 0.4:
        return faces
    if kind < 0.6:
        form = _box
    elif kind < 0.92:
        form = partial(_wider, share=float(rng.uniform(0.02, 0.3)))
    else:
        form = partial(_narrower, share=float(rng.uniform(0.02, 0.12)))
    count, labels = cv2.connectedComponents(faces.astype(np.uint8))
    outline = np.zeros_like(faces)
    for label in range(1, count):
        outline |= form(np.equal(labels, label))
    return outline


def _box(face: Mask) -> Mask:
    left, top, width, height = cv2.boundingRect(face.astype(np.uint8))
    box = np.zeros_like(face)
    box[top : top + height, left : left + width] = True
    return box


def _wider(face: Mask, share: float) -> Mask:
    return widened(face, share * _longer_side(face))


def _narrower(face: Mask, share: float) -> Mask:
    """The face without its rim; all of a face that would vanish."""
    radius = max(1, int(share * _longer_side(face)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    narrower = cv2.erode(face.astype(np.uint8), kernel).astype(np.bool_)
    return narrower if narrower.any() else face


def _longer_side(face: Mask) -> int:
    return max(cv2.boundingRect(face.astype(np.uint8))[2:])


def widened(faces: Mask, by_px: float) -> Mask:
    """Faces and all that is nearer to them than a distance.

    Args:
        faces: Shape (H, W).
        by_px: The distance.
    """
    distance = cv2.distanceTransform((~faces).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    return np.less_equal(distance, max(1.0, by_px))
