"""What every test stands on: fixed seeds, one thread, no network, the portrait pack if there."""

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile("ci", parent=settings.get_profile("dev"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

PROJECT = Path(__file__).parent.parent


@pytest.fixture(scope="session", autouse=True)
def _no_sockets() -> Iterator[None]:
    """Nothing is fetched at run time, so no test connects to anything but a Unix socket."""
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: object) -> None:
        if self.family != getattr(socket, "AF_UNIX", None):
            pytest.fail(f"a test tried to connect to {address!r}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        yield


@pytest.fixture(autouse=True)
def _torch_is_deterministic() -> None:
    """The same random numbers and one thread, for the tests that have imported torch."""
    _seed_torch()


def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object]) -> None:
    """Give a fixture that tests share the same numbers too, whichever test asks for it first."""
    if fixturedef.scope != "function":
        _seed_torch()


def _seed_torch() -> None:
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)
        torch.set_num_threads(1)


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator that is the same for every test."""
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the checkout."""
    return PROJECT


@pytest.fixture(scope="session")
def pack_root() -> Path:
    """The portrait pack: the folder in ``P3M_PACK``, or ``shared/data`` beside the checkout."""
    root = Path(os.environ.get("P3M_PACK", PROJECT.parent / "shared" / "data"))
    if not (root / "manifest.csv").is_file():
        pytest.skip(f"no portrait pack in {root}; name its folder in P3M_PACK")
    return root
