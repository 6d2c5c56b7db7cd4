"""Tests of p3m.data.agreements: asked once, written down, asked again when the terms change."""

import dataclasses
import json
import os

import pytest

from p3m.core.errors import AgreementError, OutputError
from p3m.data.agreements import RECORD, is_accepted, require_agreement
from p3m.data.catalog import DATASETS
from p3m.data.survey import DRAWN

BG = DATASETS["bg-20k"]


@pytest.fixture(autouse=True)
def _no_home(monkeypatch):
    monkeypatch.delenv("P3M_HOME", raising=False)


def test_it_is_asked_once_and_written_beside_the_data(tmp_path):
    with pytest.raises(AgreementError, match=r"read p3m data agreement bg-20k, then pass --accept"):
        require_agreement(BG, tmp_path)
    assert not is_accepted(BG, tmp_path)
    require_agreement(BG, tmp_path, accept=True)
    require_agreement(BG, tmp_path)
    record = json.loads((tmp_path / RECORD).read_text(encoding="utf-8"))
    assert record["data_set"] == "bg-20k"
    assert record["agreement"] == BG.agreement.url
    assert record["accepted"].endswith("+00:00")


def test_other_terms_are_asked_for_again(tmp_path):
    require_agreement(BG, tmp_path, accept=True)
    terms = dataclasses.replace(BG.agreement, terms=("Everything is different.",))
    changed = dataclasses.replace(BG, agreement=terms)
    with pytest.raises(AgreementError):
        require_agreement(changed, tmp_path)
    with pytest.raises(AgreementError):
        require_agreement(DATASETS["p3m-10k"], tmp_path)


def test_a_record_that_cannot_be_read_counts_as_none(tmp_path):
    (tmp_path / RECORD).write_text("yes", encoding="utf-8")
    assert not is_accepted(BG, tmp_path)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_where_the_data_cannot_be_written_it_is_kept_at_home(tmp_path, monkeypatch):
    root, home = tmp_path / "data", tmp_path / "home"
    root.mkdir()
    root.chmod(0o500)
    with pytest.raises(OutputError, match="set P3M_HOME to a folder that can"):
        require_agreement(BG, root, accept=True)
    monkeypatch.setenv("P3M_HOME", str(home))
    require_agreement(BG, root, accept=True)
    assert (home / "agreements" / "bg-20k.json").is_file()
    require_agreement(BG, root)


def test_a_home_serves_where_the_root_is_no_folder_to_write_into(tmp_path, monkeypatch):
    root = tmp_path / "file"
    root.touch()  # even root cannot write below a file
    monkeypatch.setenv("P3M_HOME", str(tmp_path / "home"))
    require_agreement(BG, root, accept=True)
    assert is_accepted(BG, root)


def test_sets_without_terms_and_drawn_sets_need_none(tmp_path):
    require_agreement(DATASETS["ppm-100"], tmp_path)
    (tmp_path / DRAWN).write_text('{"splits": {"train": 1}}', encoding="utf-8")
    require_agreement(BG, tmp_path)
