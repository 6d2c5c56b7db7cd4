"""Who is in PPT-Open, and what happens where a copy of the pack is another."""

from collections import Counter
from dataclasses import replace

import pytest

from p3m.config.load import load_settings, preset
from p3m.core.errors import EvaluationError, InputError
from p3m.data.portraits import read_portrait_folder
from p3m.data.ppt_open import Manifest, find_listed, list_pack, read_manifest
from p3m.pipelines.benchmark_ppt import make_manifest
from p3m.pipelines.train_settings import TrainRun
from support.pack import write_pack

SPLITS = ("train", "validation")


@pytest.fixture(scope="module")
def ours():
    return read_manifest()


@pytest.fixture
def pack(tmp_path):
    return write_pack(tmp_path / "pack")


@pytest.fixture
def listed(pack):
    folder = read_portrait_folder(pack)
    people, scenes = folder.portraits, folder.backgrounds
    splits = {"train": [*people[:2], scenes[0]], "validation": [*people[2:3], *scenes[1:]]}
    return list_pack(folder, splits)


def test_nobody_is_in_two_splits(ours):
    for kind in ("portrait", "scene"):
        groups = [{item.group for item in ours.select(kind, split)} for split in SPLITS]
        assert all(groups)
        assert not groups[0] & groups[1]


def test_it_has_the_sizes_that_its_documents_say(ours):
    assert Counter((item.kind, item.split) for item in ours.items) == {
        ("portrait", "train"): 718,
        ("portrait", "validation"): 103,
        ("portrait", "unused"): 23,
        ("scene", "train"): 254,
        ("scene", "validation"): 40,
    }
    assert sum(bool(item.face) for item in ours.select("portrait", "validation")) == 102


def test_every_file_has_a_hash_and_no_picture_is_there_twice(ours):
    hashes = [digest for item in ours.items for digest in (item.image, item.face) if digest]
    assert all(len(digest) == 16 and int(digest, 16) for digest in hashes)
    images = [item.image for item in ours.items]
    assert len(set(images)) == len(images)
    assert all(bool(item.alpha) == (item.kind == "portrait") for item in ours.items)


def test_training_divides_the_pack_as_the_manifest_says(ours, pack_root):
    run = load_settings(TrainRun, preset("p3mnet-lite"))
    assert make_manifest(pack_root, run.data).text == ours.text


def test_it_comes_back_as_it_was_written(listed, tmp_path):
    path = tmp_path / "pack.csv"
    path.write_text(listed.text, encoding="utf-8")
    assert read_manifest(path) == listed
    assert [item.split for item in listed.items[:4]] == [
        "train",
        "train",
        "validation",
        "unused",
    ]


def test_its_digest_is_that_of_its_content(listed):
    others = (replace(listed.items[0], image="0" * 16), *listed.items[1:])
    assert Manifest(others).digest != listed.digest == Manifest(listed.items).digest


def test_a_person_in_two_splits_is_refused(listed):
    first, second, third, *rest = listed.items
    with pytest.raises(InputError, match="p000 in train and validation"):
        Manifest((first, second, replace(third, group=first.group), *rest))


def test_a_name_that_is_there_twice_is_refused(listed):
    with pytest.raises(InputError, match="portrait p0 twice"):
        Manifest((*listed.items, listed.items[0]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("kind,", "sort,", 1), "is no manifest"),
        (lambda text: text.replace(",train,", ",test,", 1), "line 2: split is 'test'"),
        (lambda text: text.replace("portrait,", "animal,", 1), "line 2: kind is 'animal'"),
        (lambda text: text + "scene,b9\n", "has not 7 entries"),
        (lambda text: text + "scene,b9,s9,train,1,2,3,4\n", "has not 7 entries"),
    ],
)
def test_a_spoilt_file_is_refused(listed, tmp_path, change, message):
    path = tmp_path / "pack.csv"
    path.write_text(change(listed.text), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_manifest(path)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read as a manifest"):
        read_manifest(tmp_path / "none.csv")


def test_a_whole_copy_is_found(listed, pack):
    seen = []
    people, scenes = find_listed(
        listed, read_portrait_folder(pack), SPLITS, tell=lambda *told: seen.append(told)
    )
    assert [one.name for one in people] == ["p0", "p1", "p2"]
    assert [one.name for one in scenes] == ["b0", "b1", "b2"]
    assert seen == [(n, 6) for n in range(1, 7)]


def test_all_that_is_missing_or_changed_is_listed(listed, pack):
    (pack / "portraits" / "p0.png").unlink()
    (pack / "facemask" / "p1.png").unlink()
    for name in ("alpha/p2.png", "facemask/p2.png", "backgrounds/b1.png", "alpha/p3.png"):
        with (pack / name).open("ab") as file:
            file.write(b"more")
    with pytest.raises(EvaluationError) as caught:
        find_listed(listed, read_portrait_folder(pack), SPLITS)
    assert [line.rpartition("/")[2].partition(":")[0] for line in caught.value.problems] == [
        "p0",
        "p1",
        "p2.png",
        "p2.png",
        "b1.png",
    ]


def test_a_face_mask_that_is_not_listed_is_told(listed, pack):
    items = [replace(item, face="") if item.name == "p2" else item for item in listed.items]
    with pytest.raises(EvaluationError, match="no face mask of this name"):
        find_listed(Manifest(tuple(items)), read_portrait_folder(pack), ["validation"])
