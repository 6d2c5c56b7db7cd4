"""The pictures of a PPT study."""

import numpy as np
import pytest

from p3m.data.foregrounds import ForegroundCache
from p3m.data.portraits import read_portrait_folder
from p3m.imaging.io import read_alpha, read_image
from p3m.pipelines.ppt_pictures import SIDE_PX, Sitter, make_pictures
from support.images import encoded, noise
from support.pack import write_pack


@pytest.fixture
def make(tmp_path):
    pack = write_pack(tmp_path / "pack")
    for seed, path in enumerate(sorted((pack / "portraits").iterdir())):
        path.write_bytes(encoded(noise(96, 72, seed=seed), "PNG"))  # to show what is blurred
    folder = read_portrait_folder(pack)
    sitters = [Sitter(number=n, portrait=p) for n, p in enumerate(folder.portraits)]

    def run(who=slice(None), out="out"):
        return make_pictures(
            sitters[who], folder.backgrounds, ForegroundCache(tmp_path / "cache"), tmp_path / out
        )

    return run


@pytest.mark.parametrize("table", ["composites", "photos"])
def test_only_the_faces_tell_the_columns_apart(make, table):
    columns = make()[table]
    changed = 0
    for blurred, normal in zip(columns["B"], columns["N"], strict=True):
        assert (blurred.name, blurred.alpha, blurred.trimap) == (
            normal.name,
            normal.alpha,
            normal.trimap,
        )
        different = (read_image(blurred.image) != read_image(normal.image)).any(axis=2)
        alpha = read_alpha(normal.alpha)
        assert alpha.shape == different.shape
        assert (alpha[different] > 0.5).all()
        changed += different.sum()
    assert changed > 0


def test_composites_have_their_size_and_their_trimaps_fit(make):
    for pair in make()["composites"]["N"]:
        alpha, trimap = read_alpha(pair.alpha), read_alpha(pair.trimap)
        assert alpha.shape == (SIDE_PX, SIDE_PX)
        assert set(np.unique(np.rint(trimap * 255))) <= {0, 128, 255}
        assert (alpha[trimap == 1] == 1).all()
        assert (alpha[trimap == 0] == 0).all()


def test_normal_photos_stay_in_the_pack(make, tmp_path):
    pairs = make()["photos"]
    assert all(pair.image.parent == tmp_path / "pack" / "portraits" for pair in pairs["N"])
    assert all(pair.alpha.parent == tmp_path / "pack" / "alpha" for pair in pairs["B"])


def test_a_composite_is_the_same_whoever_else_is_shown(make):
    alone = make(slice(2, 3), "alone")["composites"]["B"][0]
    among = make(slice(None), "among")["composites"]["B"][2]
    assert alone.image.read_bytes() == among.image.read_bytes()
    assert alone.alpha.read_bytes() == among.alpha.read_bytes()


def test_what_is_there_is_not_made_again(make):
    first = make()["composites"]["B"][0].image
    stamp = first.stat().st_mtime_ns
    lost = make()["photos"]["B"][1].trimap
    lost.unlink()
    make()
    assert first.stat().st_mtime_ns == stamp
    assert lost.is_file()
