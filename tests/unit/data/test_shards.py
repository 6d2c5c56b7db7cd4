"""Tests of p3m.data.shards: what goes in comes out, for every reader, in a known order."""

import io
import json
import pickle
import sys
import tarfile

import numpy as np
import pytest
from webdataset.tariterators import group_by_keys, tar_file_expander

from p3m.core.errors import InputError, MissingExtraError, OutputError
from p3m.data.catalog import DATASETS
from p3m.data.layout import find_samples, find_scenes
from p3m.data.shards import MANIFEST, ShardReader, write_shards
from p3m.imaging.io import read_alpha
from support.drawn import write_drawn_set

P3M = DATASETS["p3m-10k"]


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    root = write_drawn_set(P3M, tmp_path_factory.mktemp("drawn") / "set", {"train": 7})
    return find_samples(P3M, root, "train")


def write(samples, out, **options):
    words = {"data_set": "p3m-10k", "split": "train", "licence": "MIT"}
    return write_shards(samples, out, **words, samples_per_shard=3, **options)


def test_every_file_comes_back_as_it_was(samples, tmp_path):
    manifest = write(samples, tmp_path)
    assert list(manifest["shards"].values()) == [3, 3, 1]
    assert json.loads((tmp_path / MANIFEST).read_text(encoding="utf-8")) == manifest
    reader = ShardReader(tmp_path)
    assert len(reader) == 7
    found = {shard.name: shard for shard in (reader[i] for i in range(7))}
    for sample in samples:
        shard = found[sample.name]
        assert shard.group == sample.group
        assert shard.files == {
            kind: getattr(sample, kind).read_bytes()
            for kind in ("image", "alpha", "face_mask", "foreground", "background")
        }
        assert np.array_equal(read_alpha(shard.files["alpha"]), read_alpha(sample.alpha))


def test_the_bytes_are_the_same_each_time_and_the_seed_decides_the_order(samples, tmp_path):
    contents = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write(samples, tmp_path / name, seed=seed)
        contents.append([p.read_bytes() for p in sorted((tmp_path / name).iterdir())])
    assert contents[0] == contents[1]
    assert contents[0] != contents[2]


def test_webdataset_reads_them(samples, tmp_path):
    write(samples, tmp_path)
    read = []
    for path in sorted(tmp_path.glob("*.tar")):
        with path.open("rb") as file:
            opened = [{"url": str(path), "stream": file}]
            read += group_by_keys(tar_file_expander(opened))
    names = {json.loads(sample["json"])["name"]: sample for sample in read}
    assert names.keys() == {sample.name for sample in samples}
    assert names[samples[0].name]["image.jpg"] == samples[0].image.read_bytes()


def test_an_epoch_is_a_permutation_that_keeps_shards_together(samples, tmp_path):
    write(samples, tmp_path)
    reader = ShardReader(tmp_path)
    first = reader.order(seed=3, epoch=0)
    assert sorted(first) == list(range(7))
    assert np.array_equal(first, ShardReader(tmp_path).order(seed=3, epoch=0))
    assert any(not np.array_equal(first, reader.order(seed=3, epoch=e)) for e in (1, 2))
    shard_of = [0, 0, 0, 1, 1, 1, 2]
    seen = [shard_of[index] for index in first]
    assert sum(a != b for a, b in zip(seen[:-1], seen[1:], strict=True)) == 2


def test_a_reader_can_be_sent_to_other_processes(samples, tmp_path):
    write(samples, tmp_path)
    reader = ShardReader(tmp_path)
    sent = pickle.loads(pickle.dumps(reader))  # noqa: S301 - our own
    assert sent[5] == reader[5]
    with pytest.raises(IndexError):
        reader[7]


def test_scenes_are_packed_too(tmp_path):
    entry = DATASETS["bg-20k"]
    root = write_drawn_set(entry, tmp_path / "set")
    scenes = find_scenes(entry, root, "train")
    write(scenes, tmp_path / "out")
    reader = ShardReader(tmp_path / "out")
    assert {reader[i].files["scene"] for i in (0, 1)} == {s.image.read_bytes() for s in scenes}


def test_names_with_dots_and_of_other_alphabets_come_back(tmp_path):
    folder = DATASETS["folder"]
    root = write_drawn_set(folder, tmp_path / "set", 1)
    for path in list(root.rglob("p_*")):
        path.rename(path.with_name(f"Zoë.v1.final{path.suffix}"))
    write(find_samples(folder, root, "all"), tmp_path / "out")
    assert ShardReader(tmp_path / "out")[0].name == "Zoë.v1.final"


def test_a_folder_without_shards_or_with_a_damaged_one_is_told(samples, tmp_path):
    with pytest.raises(InputError, match=r"holds no shards \(\*\.tar\)"):
        ShardReader(tmp_path)
    write(samples, tmp_path)
    path = min(tmp_path.glob("*.tar"))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="000000.tar: is .+; write it again"):
        ShardReader(tmp_path)
    path.write_bytes(b"this is no tar file" * 100)
    with pytest.raises(InputError, match="is no whole tar file"):
        ShardReader(tmp_path)


def test_shards_that_are_not_all_there_are_told(samples, tmp_path):
    write(samples, tmp_path)
    last = max(tmp_path.glob("*.tar"))
    content = last.read_bytes()
    last.unlink()
    with pytest.raises(InputError, match=rf"does not tell of these files \({last.name}\)"):
        ShardReader(tmp_path)
    last.write_bytes(content)
    assert len(ShardReader(tmp_path)) == 7
    (tmp_path / MANIFEST).unlink()
    with pytest.raises(InputError, match="writing them was interrupted, or some are missing"):
        ShardReader(tmp_path)


def test_nothing_is_written_over_and_nothing_half(samples, tmp_path):
    write(samples, tmp_path / "out")
    with pytest.raises(OutputError, match="is not empty; choose another"):
        write(samples, tmp_path / "out")
    with pytest.raises(InputError, match="train of p3m-10k has no pictures"):
        write([], tmp_path / "none")
    lost = [*samples[:1], type(samples[0])(**{**_fields(samples[1]), "alpha": tmp_path / "no.png"})]
    with pytest.raises(InputError, match=r"no\.png: cannot be read"):
        write(lost, tmp_path / "lost")
    assert list((tmp_path / "lost").iterdir()) == []


def _fields(sample):
    return {name: getattr(sample, name) for name in type(sample).__dataclass_fields__}


def test_without_webdataset_it_says_what_to_install(samples, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "webdataset", None)
    with pytest.raises(MissingExtraError, match=r"p3m\[train\]"):
        write(samples, tmp_path)


def test_a_stream_of_a_shard_is_a_plain_tar_file(samples, tmp_path):
    write(samples, tmp_path)
    path = min(tmp_path.glob("*.tar"))
    with tarfile.open(fileobj=io.BytesIO(path.read_bytes())) as tar:
        members = tar.getmembers()
    assert {(m.mtime, m.uname, m.gname) for m in members} == {(0, "", "")}
    assert members[0].name.startswith("000000.")
