"""Tests of p3m.core.provenance."""

import json
import platform
import socket
import subprocess
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path

from p3m.core.provenance import Provenance, provenance


def test_it_carries_every_field_and_can_be_written_as_json():
    origin = provenance("numpy")
    assert set(origin) == set(Provenance.__annotations__)
    assert json.loads(json.dumps(origin)) == origin


def test_versions_are_those_installed_and_unknown_packages_are_left_out():
    origin = provenance("numpy", "no-such-distribution")
    assert origin["packages"] == {"numpy": metadata.version("numpy")}
    assert origin["version"] == metadata.version("p3m")
    assert origin["python"] == platform.python_version()


def test_the_time_is_utc():
    assert datetime.fromisoformat(provenance()["time"]).utcoffset() == timedelta(0)


def test_the_host_is_not_named():
    assert socket.gethostname() not in provenance("numpy").values()


def test_without_git_there_is_no_commit(monkeypatch):
    def missing(*_args, **_options):
        raise FileNotFoundError("git")

    monkeypatch.setattr(subprocess, "run", missing)
    assert provenance()["commit"] is None


def test_inside_of_another_checkout_there_is_no_commit(tmp_path, monkeypatch):
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    monkeypatch.setattr("p3m.core.provenance.__file__", str(tmp_path / "provenance.py"))
    assert provenance()["commit"] is None


def test_a_processor_that_the_system_does_not_name_is_what_the_platform_says(monkeypatch):
    monkeypatch.setattr(Path, "read_text", lambda _path, **_options: "processor : 0\n")
    assert provenance()["processor"] == platform.processor()
    monkeypatch.setattr(Path, "is_file", lambda _path: False)
    assert provenance()["processor"] == platform.processor()
