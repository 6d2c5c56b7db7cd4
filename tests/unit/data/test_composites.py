import pickle
from dataclasses import replace

import cv2
import numpy as np
import pytest

from p3m.core.errors import InputError, TrainingError
from p3m.data.composite_settings import CompositeSettings
from p3m.data.composites import CompositeDataset
from p3m.data.foregrounds import ForegroundCache
from p3m.data.portraits import PortraitFolder, read_portrait_folder
from p3m.imaging.io import read_alpha, read_image, write_picture
from support.pack import write_pack

CLEAN = CompositeSettings(
    side_px=64,
    natural=0,
    empty=0,
    guest=0,
    turned=0,
    bent=0,
    dressed=0,
    touched=0,
    held=0,
    covered=0,
    soft=0,
    hue=0,
    strands=0,
    grey=0,
    blur=0,
    noise=0,
    jpeg=0,
    low_resolution=0,
)


@pytest.fixture
def folder(tmp_path) -> PortraitFolder:
    return read_portrait_folder(write_pack(tmp_path / "pack"))


@pytest.fixture
def foregrounds(folder, tmp_path) -> ForegroundCache:
    cache = ForegroundCache(tmp_path / "cache")
    cache.prepare(folder.portraits)
    return cache


def _dataset(folder, foregrounds, settings=CLEAN, obfuscate=None, things=()) -> CompositeDataset:
    return CompositeDataset(
        folder.portraits,
        [1.0] * len(folder.portraits),
        folder.backgrounds,
        foregrounds,
        settings,
        seed=3,
        length=100,
        obfuscate=obfuscate,
        things=things,
    )


def test_a_sample_is_known_by_its_number(folder, foregrounds) -> None:
    first = _dataset(folder, foregrounds, CompositeSettings(side_px=64))
    second = _dataset(folder, foregrounds, CompositeSettings(side_px=64))
    second[7]
    for name, value in first[3].items():
        assert np.array_equal(value, second[3][name])


def test_processes_that_are_started_anew_make_the_same_samples(folder, foregrounds) -> None:
    dataset = _dataset(folder, foregrounds)
    sent = pickle.loads(pickle.dumps(dataset))  # noqa: S301
    assert np.array_equal(sent[5]["image"], dataset[5]["image"])


def test_shapes_and_types(folder, foregrounds) -> None:
    dataset = _dataset(folder, foregrounds, CompositeSettings(side_px=64))
    for index in range(20):
        sample = dataset[index]
        assert sample["image"].shape == (64, 64, 3)
        assert sample["alpha"].shape == (64, 64)
        assert sample["foreground"].shape == sample["background"].shape == (32, 32, 3)
        assert {sample[name].dtype for name in ("image", "alpha")} == {np.dtype(np.uint8)}


@pytest.mark.parametrize("somebody_behind", ["company", "guest"])
def test_others_add_to_alpha_and_never_take_from_it(folder, foregrounds, somebody_behind) -> None:
    settings = replace(CLEAN, matched=0, company=0, clutter=0)
    alone = _dataset(folder, foregrounds, settings)
    together = _dataset(folder, foregrounds, replace(settings, **{somebody_behind: 1}))
    more = 0
    for index in range(12):
        one, both = alone[index], together[index]
        assert (both["alpha"] >= one["alpha"].astype(int) - 1).all()
        more += int((both["alpha"] > one["alpha"] + 1.0).any())
        front = (one["alpha"].reshape(32, 2, 32, 2) == 255).all(axis=(1, 3))
        assert np.array_equal(both["foreground"][front], one["foreground"][front])
    assert more > 6


def test_a_scene_may_be_what_is_beside_somebody(tmp_path) -> None:
    """Photos are green where nobody is, backgrounds are noise."""
    root = write_pack(tmp_path / "pack")
    for portrait in read_portrait_folder(root).portraits:
        image = read_image(portrait.image)
        image[read_alpha(portrait.alpha) <= 0.01] = (0, 255, 0)
        write_picture(portrait.image, image, overwrite=True)
    folder = read_portrait_folder(root)
    foregrounds = ForegroundCache(tmp_path / "cache")
    foregrounds.prepare(folder.portraits)
    settings = replace(CLEAN, company=0, clutter=0, background_blur=0, plain=0)
    for index in range(12):
        beside = _dataset(folder, foregrounds, replace(settings, beside=1))[index]["background"]
        assert np.ptp(beside.reshape(-1, 3), axis=0).max() <= 1
        scene = _dataset(folder, foregrounds, replace(settings, beside=0))[index]["background"]
        assert np.ptp(scene.reshape(-1, 3), axis=0).max() > 50


def test_a_scene_never_shows_the_face_of_somebody_who_stands_by(tmp_path) -> None:
    """Photos are green where nobody is, but for a red face that a mask marks and alpha omits."""
    root = write_pack(tmp_path / "pack")
    for portrait in read_portrait_folder(root).portraits:
        image, mask = read_image(portrait.image), read_alpha(portrait.face_mask)
        image[read_alpha(portrait.alpha) <= 0.01] = (0, 255, 0)
        image[8:16, 4:10], mask[8:16, 4:10] = (255, 0, 0), 1
        write_picture(portrait.image, image, overwrite=True)
        write_picture(portrait.face_mask, mask, overwrite=True)
    folder = read_portrait_folder(root)
    for background in folder.backgrounds:
        write_picture(background.image, np.zeros((96, 96, 3), np.uint8), overwrite=True)
    foregrounds = ForegroundCache(tmp_path / "cache")
    foregrounds.prepare(folder.portraits)
    settings = replace(CLEAN, company=0, clutter=0, background_blur=0, plain=0, beside=1)
    dataset = _dataset(folder, foregrounds, settings)
    shown = [dataset[index]["background"] for index in range(40)]
    assert all((scene[..., 0] <= scene[..., 1]).all() for scene in shown)
    assert any(scene.any() for scene in shown)


def test_clutter_is_behind_people(folder, foregrounds) -> None:
    settings = replace(CLEAN, matched=0, company=0, background_blur=0)
    clean = _dataset(folder, foregrounds, replace(settings, clutter=0))
    cluttered = _dataset(folder, foregrounds, replace(settings, clutter=1))
    for index in range(12):
        one, other = clean[index], cluttered[index]
        assert np.array_equal(one["alpha"], other["alpha"])
        person = one["alpha"] == 255
        assert np.array_equal(one["foreground"].shape, other["foreground"].shape)
        assert not np.array_equal(one["background"], other["background"])
        assert person.any()


def test_things_touch_people_from_behind(folder, foregrounds) -> None:
    settings = replace(CLEAN, matched=0, company=0, clutter=0, background_blur=0)
    alone = _dataset(folder, foregrounds, settings)
    touched = _dataset(folder, foregrounds, replace(settings, touched=1))
    for index in range(12):
        one, other = alone[index], touched[index]
        assert np.array_equal(one["alpha"], other["alpha"])
        assert np.array_equal(one["foreground"], other["foreground"])
        changed = (one["background"] != other["background"]).any(axis=2)
        person = one["alpha"].reshape(32, 2, 32, 2).mean(axis=(1, 3)) > 127
        outline = cv2.morphologyEx(person.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((5, 5)))
        assert changed[outline > 0].any()
        assert changed.mean() < 0.7


def test_cut_out_things_stand_in_scenes(folder, foregrounds, tmp_path) -> None:
    """Scenes are black here and the cut-out thing has one colour; drawn ones have many."""
    thing = np.full((20, 20, 4), (160, 120, 140, 255), np.uint8)
    write_picture(tmp_path / "thing.png", thing)
    for scene in folder.backgrounds:
        write_picture(scene.image, np.zeros((96, 96, 3), np.uint8), overwrite=True)
    settings = replace(CLEAN, matched=0, company=0, background_blur=0, plain=0, beside=0, clutter=1)
    shown = [0, 0]
    for kind, files in enumerate(((), (tmp_path / "thing.png",))):
        dataset = _dataset(folder, foregrounds, settings, things=files)
        for index in range(40):
            scene = dataset[index]["background"].reshape(-1, 3)
            colours, counts = np.unique(scene, axis=0, return_counts=True)
            shown[kind] += int(counts[colours.max(axis=1) > 60].max(initial=0) > 60)
    assert shown[1] > shown[0] + 3


def test_things_before_a_body_count_and_spare_the_face(folder, foregrounds) -> None:
    """Where a painted face changes a sample is where it would without the thing."""
    settings = replace(CLEAN, matched=0, company=0, clutter=0, side_px=128)
    changed, alphas = [], []
    for chosen in (settings, replace(settings, held=1)):
        plain = _dataset(folder, foregrounds, chosen)
        painted = _dataset(folder, foregrounds, chosen, obfuscate=_in_magenta)
        pairs = [(plain[index], painted[index]) for index in range(12)]
        changed.append([(a["foreground"] != b["foreground"]).any(axis=2).sum() for a, b in pairs])
        alphas.append([a["alpha"].astype(int) for a, _ in pairs])
    assert sum(changed[0]) > 1000
    assert np.allclose(changed[0], changed[1], rtol=0.02, atol=3)
    more = [with_thing - alone for alone, with_thing in zip(*alphas, strict=True)]
    assert min(difference.min() for difference in more) >= -1
    assert sum(difference.max() > 20 for difference in more) > 3


def test_what_a_thing_covers_is_background(folder, foregrounds) -> None:
    settings = replace(CLEAN, matched=0, company=0, clutter=0, background_blur=0, side_px=128)
    alone = _dataset(folder, foregrounds, settings)
    behind = _dataset(folder, foregrounds, replace(settings, covered=1))
    covered = 0
    for index in range(30):
        one, other = alone[index], behind[index]
        assert (other["alpha"] <= one["alpha"].astype(int) + 1).all()
        assert np.array_equal(one["foreground"], other["foreground"])
        gone = (one["alpha"] == 255) & (other["alpha"] == 0)
        covered += int(gone.any())
        small = gone[::2, ::2] & gone[1::2, 1::2]
        assert not small.any() or (one["background"] != other["background"])[small].any()
    assert covered > 3


def test_a_soft_person_stands_before_the_same_scene(folder, foregrounds) -> None:
    settings = replace(CLEAN, matched=0, company=0, clutter=0)
    sharp = _dataset(folder, foregrounds, settings)[4]
    soft = _dataset(folder, foregrounds, replace(settings, soft=1))[4]
    assert _partial(soft["alpha"]) > _partial(sharp["alpha"])
    assert np.array_equal(soft["background"], sharp["background"])


def test_other_clothes_leave_alpha_and_scene_alone(folder, foregrounds) -> None:
    settings = replace(CLEAN, matched=0, company=0, clutter=0)
    plain = _dataset(folder, foregrounds, settings)
    dressed = _dataset(folder, foregrounds, replace(settings, dressed=1))
    changed = 0
    for index in range(12):
        one, other = plain[index], dressed[index]
        assert np.array_equal(one["alpha"], other["alpha"])
        assert np.array_equal(one["background"], other["background"])
        changed += int((one["foreground"] != other["foreground"]).mean() > 0.1)
    assert changed > 6


def _partial(alpha) -> int:
    return int(((alpha > 5) & (alpha < 250)).sum())


def _in_magenta(image, alpha, faces, rng):
    changed = image.copy()
    changed[faces] = (255, 0, 255)
    return changed


def test_faces_are_hidden_before_anything_else(folder, foregrounds) -> None:
    seen = []

    def paint(image, alpha, faces, rng):
        seen.append(int(faces.sum()))
        changed = image.copy()
        changed[faces] = (255, 0, 255)
        return changed

    _dataset(folder, foregrounds, obfuscate=paint)[0]
    assert seen
    assert seen[0] > 50


def test_colours_are_estimated_once(folder, foregrounds) -> None:
    times = [foregrounds.path(p).stat().st_mtime_ns for p in folder.portraits]
    foregrounds.prepare(folder.portraits)
    assert times == [foregrounds.path(p).stat().st_mtime_ns for p in folder.portraits]


def test_a_changed_alpha_asks_for_new_colours(folder, foregrounds) -> None:
    portrait = folder.portraits[0]
    before = foregrounds.path(portrait)
    portrait.alpha.write_bytes(folder.portraits[1].alpha.read_bytes() + b" ")
    assert foregrounds.path(portrait) != before
    with pytest.raises(InputError):
        foregrounds.read(portrait)


def test_no_portraits_are_an_error(folder, foregrounds) -> None:
    empty = PortraitFolder((), folder.backgrounds)
    with pytest.raises(TrainingError, match="at least one portrait"):
        _dataset(empty, foregrounds)


def test_photos_are_turned_with_their_alpha(tmp_path) -> None:
    """Photos are white where somebody is, and black elsewhere."""
    root = write_pack(tmp_path / "pack")
    for portrait in read_portrait_folder(root).portraits:
        image = np.zeros_like(read_image(portrait.image))
        image[read_alpha(portrait.alpha) > 0.5] = 255
        write_picture(portrait.image, image, overwrite=True)
    folder = read_portrait_folder(root)
    foregrounds = ForegroundCache(tmp_path / "cache")
    foregrounds.prepare(folder.portraits)
    settings = replace(CLEAN, natural=1, turned=1)
    level = _dataset(folder, foregrounds, replace(settings, turned=0))
    turned = _dataset(folder, foregrounds, settings)
    moved = 0
    for index in range(12):
        before, after = level[index]["alpha"], turned[index]["alpha"]
        light = turned[index]["image"].mean(axis=2)
        assert ((light > light.mean()) == (after > 127)).mean() > 0.97
        moved += int((before != after).mean() > 0.02)
        middle = (before[28:36, 28:36] > 127, after[28:36, 28:36] > 127)
        assert (middle[0] == middle[1]).mean() > 0.6  # turned about there, not drawn elsewhere
    assert moved > 6
