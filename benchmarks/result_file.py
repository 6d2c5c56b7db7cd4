"""How a benchmark's numbers are kept: one JSON file a suite, machine and device."""

import json
import os
import re
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from p3m.core.provenance import provenance

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("numpy", "pillow", "opencv-python", "onnxruntime", "torch")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One thing that was measured, often.

    Attributes:
        name: What was measured, such as ``"1080x1620"``; unique within its suite.
        unit: The unit of the values, such as ``"ms"``.
        raw: Every value, in the order of measuring.
        summary: Median, min, max and mean of the values.
        facts: What else belongs to it, such as its pixels or its peak memory.
    """

    name: str
    unit: str
    raw: list[float]
    summary: dict[str, float]
    facts: dict[str, float | int | str]


@dataclass(frozen=True, kw_only=True)
class Result:
    """A whole result file.

    Attributes:
        suite: The benchmark, which is also the file's first name.
        machine: What it ran on, in words fit for a file's name; never a host's name.
        device: ``"cpu"`` or the accelerator.
        provenance: Version, commit, time, interpreter, system and packages.
        settings: All that was chosen, so that the run can be repeated.
        cases: What was measured.
    """

    suite: str
    machine: str
    device: str
    provenance: dict[str, Any]  # core's Provenance, as JSON reads it back
    settings: dict[str, Any]  # each suite has its own
    cases: list[Case]

    @property
    def path(self) -> Path:
        """Where the file lies: a folder a version, and a name from suite, machine and device."""
        name = f"{self.suite}--{self.machine}--{self.device}.json"
        return RESULTS / self.provenance["version"] / name


def case(name: str, unit: str, raw: Iterable[float], **facts: float | str) -> Case:
    """A case with its summary worked out from its raw values."""
    values = [float(value) for value in raw]
    return Case(name=name, unit=unit, raw=values, summary=summarize(values), facts=facts)


def summarize(raw: Sequence[float]) -> dict[str, float]:
    """Median, min, max and mean of the raw values, to six significant digits."""
    summary = {
        "median": statistics.median(raw),
        "min": min(raw),
        "max": max(raw),
        "mean": statistics.fmean(raw),
    }
    return {key: float(f"{value:.6g}") for key, value in summary.items()}


def write_result(
    suite: str,
    cases: Sequence[Case],
    *,
    settings: Mapping[str, Any],
    device: str = "cpu",
    machine: str | None = None,
) -> Path:
    """Writes a suite's result file, over an older one of the same version and machine.

    Args:
        suite: The benchmark's name.
        cases: What was measured.
        settings: All that was chosen.
        device: ``"cpu"`` or the accelerator.
        machine: What it ran on; worked out from the processor and its cores if not given.

    Returns:
        The file's path.
    """
    origin = dict(provenance(*PACKAGES))
    machine = machine or f"{origin['processor']} {os.cpu_count()} cores"
    result = Result(
        suite=suite,
        machine=re.sub(r"[^a-z0-9]+", "-", machine.lower()).strip("-"),
        device=device,
        provenance=origin,
        settings=dict(settings),
        cases=list(cases),
    )
    result.path.parent.mkdir(parents=True, exist_ok=True)
    result.path.write_text(json.dumps(asdict(result), indent=1) + "\n", encoding="utf-8")
    return result.path


def read_result(path: Path) -> Result:
    """Reads a result file back."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return Result(**{**content, "cases": [Case(**entry) for entry in content["cases"]]})
