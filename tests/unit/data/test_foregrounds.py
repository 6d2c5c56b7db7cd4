import numpy as np
import pytest

from p3m.core.errors import InputError
from p3m.data.foregrounds import ForegroundCache, estimate_layers, given_layers
from p3m.data.layout import PortraitFiles
from p3m.data.portraits import read_portrait_folder
from p3m.imaging.compositing import composite
from support.images import portrait
from support.pack import write_pack


def test_the_layers_compose_the_picture_again() -> None:
    image, alpha = portrait(48, 36, seed=3)
    layers = estimate_layers(image, alpha)
    again = composite(layers.foreground, layers.background, alpha).astype(int)
    assert np.abs(again - image).mean() < 2
    assert np.array_equal(layers.foreground[alpha == 1], image[alpha == 1])
    assert np.array_equal(layers.background[alpha == 0], image[alpha == 0])


def test_both_layers_are_kept_where_asked_for(tmp_path) -> None:
    folder = read_portrait_folder(write_pack(tmp_path / "pack", people=1))
    one = folder.portraits[0]
    ForegroundCache(tmp_path / "cache").prepare(folder.portraits)
    both = ForegroundCache(tmp_path / "cache", both=True)
    with pytest.raises(InputError):
        both.read_layers(one)
    both.prepare(folder.portraits)
    layers = both.read_layers(one)
    assert layers.foreground.shape == layers.background.shape == (96, 72, 3)
    assert np.array_equal(both.read(one)[0], layers.foreground)
    written = [path.stat().st_mtime_ns for path in sorted((tmp_path / "cache").iterdir())]
    both.prepare(folder.portraits)
    assert written == [path.stat().st_mtime_ns for path in sorted((tmp_path / "cache").iterdir())]


def test_layers_that_came_with_a_portrait_are_named(tmp_path) -> None:
    known = {
        "name": "p0",
        "image": tmp_path / "p0.jpg",
        "alpha": tmp_path / "p0.png",
        "face_mask": None,
        "group": "p0",
        "family": "own",
    }
    front, back = tmp_path / "f.png", tmp_path / "b.jpg"
    assert given_layers(PortraitFiles(**known)) is None
    assert given_layers(PortraitFiles(**known, foreground=front)) is None
    given = PortraitFiles(**known, foreground=front, background=back)
    assert given_layers(given) == (front, back)
