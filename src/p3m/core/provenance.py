"""What every saved result carries: who made it, from what, where and when."""

import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TypedDict


class Provenance(TypedDict):
    """The origin of a result file."""

    version: str
    commit: str | None
    time: str
    python: str
    system: str
    machine: str
    processor: str
    packages: dict[str, str]


def provenance(*packages: str) -> Provenance:
    """The origin of a result made now, here.

    Args:
        *packages: Distributions whose versions matter to the result; those not installed are left
            out.

    Returns:
        Version and commit of p3m, UTC time, interpreter, system and package versions. The host's
        name is not part of it.
    """
    return Provenance(
        version=_version("p3m") or "unknown",
        commit=_commit(),
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        python=platform.python_version(),
        system=platform.system(),
        machine=platform.machine(),
        processor=_processor(),
        packages={name: version for name in packages if (version := _version(name))},
    )


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _commit() -> str | None:
    """The commit of the source tree, marked where files differ from it; None outside a checkout.

    Where p3m is installed inside of another project's checkout, git does not track this file.
    """
    try:
        _git("ls-files", "--error-unmatch", Path(__file__).name)
        return _git("describe", "--always", "--dirty", "--abbrev=12", "--exclude=*")
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(*arguments: str) -> str:
    """What git says about this file's folder."""
    run = subprocess.run(
        ["git", *arguments], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


def _processor() -> str:
    """The processor's model name, where the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
