"""What holds for every data set of the catalogue: its words, its layout, and a drawn one of it."""

import re

import numpy as np
import pytest

from p3m.data.catalog import DATASETS
from p3m.data.layout import find_samples, find_scenes
from p3m.data.survey import sets_that_fit
from p3m.data.verify import verify
from p3m.imaging.compositing import composite
from p3m.imaging.io import read_alpha, read_image
from support.drawn import write_drawn_set

ENTRIES = list(DATASETS.values())


@pytest.fixture(params=ENTRIES, ids=lambda entry: entry.name)
def entry(request):
    return request.param


def test_the_words_are_filled_in(entry):
    assert all(text.strip() for text in (entry.title, entry.summary, entry.licence, entry.obtain))
    assert entry.name in {"folder", "ppt-open"} or re.fullmatch(r"https://\S+", entry.url)


def test_whatever_is_agreed_to_can_be_read(entry):
    if entry.agreement is not None:
        assert re.fullmatch(r"https://\S+\.pdf", entry.agreement.url)
        assert entry.agreement.title
        assert len(entry.agreement.terms) >= 2


def test_splits_have_names_of_their_own_and_sizes_that_add_up(entry):
    assert len({split.name for split in entry.splits}) == len(entry.splits) >= 1
    sizes = [split.size for split in entry.splits]
    if entry.size is not None:
        assert None in sizes
    for split in entry.splits:
        assert split.places.keys() >= {"image", "alpha"} or split.places.keys() == {"scene"}


def test_what_is_drawn_in_its_layout_is_found_and_whole(entry, tmp_path):
    root = write_drawn_set(entry, tmp_path)
    report = verify(entry, root, workers=1)
    assert report.problems == ()
    assert [split.found for split in report.splits] == [2] * len(entry.splits)
    for split in entry.splits:
        if "scene" in split.places:
            assert len(find_scenes(entry, root, split.name)) == 2
        if "image" in split.places:
            samples = find_samples(entry, root, split.name)
            assert len({sample.name for sample in samples}) == 2


def test_its_folders_tell_it_from_others(entry, tmp_path):
    write_drawn_set(entry, tmp_path, 1)
    if entry.name != "folder":
        assert entry.name in sets_that_fit(tmp_path)


def test_drawn_pictures_are_composites_of_what_comes_with_them(tmp_path):
    entry = DATASETS["p3m-10k"]
    root = write_drawn_set(entry, tmp_path)
    for sample in find_samples(entry, root, "train"):
        alpha = read_alpha(sample.alpha)
        made = composite(read_image(sample.foreground), read_image(sample.background), alpha)
        difference = np.abs(made.astype(int) - read_image(sample.image))
        assert difference.mean() < 1.5  # JPEG's, twice
