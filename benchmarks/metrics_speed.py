"""Time of a protocol's metrics beside their restatement with scikit-image and SciPy.

    python benchmarks/metrics_speed.py

Both take the same arrays in the same process, in turns; OpenCV runs on one thread, as it does in
the processes of `p3m evaluate`. The numbers have to agree to 1e-6, or there is no result.
"""

import argparse
import math
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from made_alphas import made_pair
from result_file import Case, case, write_result

from p3m.evaluation.protocol import PROTOCOLS, Protocol
from support.references import metrics_papers

RESTATED: dict[str, Callable[..., dict[str, float]]] = {
    "p3m": metrics_papers.p3m,
    "alphamatting": metrics_papers.alphamatting,
}
PICTURES = {"smooth": 0, "hair": 400}
HEIGHT, WIDTH = 1080, 1620
AGREEMENT = 1e-6


def main() -> None:
    """Measures each protocol on each picture and writes the result file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--machine", help="what it runs on, for the file's name")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    cases = []
    for picture, strands in PICTURES.items():
        pred, target, trimap = made_pair(HEIGHT, WIDTH, seed=0, strands=strands)
        for protocol in PROTOCOLS.values():
            arrays = pred / 255, target / 255, trimap
            cases.append(measure(f"{protocol.name}, {picture}", protocol, arrays, options.runs))
    settings = {"runs": options.runs, "threads": 1, "height": HEIGHT, "width": WIDTH}
    print(write_result("metrics-speed", cases, settings=settings, machine=options.machine))


def measure(name: str, protocol: Protocol, arrays: tuple[Any, ...], runs: int) -> Case:
    """One protocol on one picture: its times, and those of the restatement as facts."""
    wanted = frozenset(column.name for column in protocol.columns)
    ours, theirs = [], []
    for _ in range(runs + 1):
        measured, seconds = timed(lambda: protocol.measure(*arrays, wanted))
        ours.append(1e3 * seconds)
        restated, seconds = timed(lambda: RESTATED[protocol.name](*arrays))
        theirs.append(1e3 * seconds)
    for column, value in restated.items():
        if not math.isclose(measured[column], value, rel_tol=AGREEMENT, abs_tol=AGREEMENT):
            raise SystemExit(f"{name}: {column} is {measured[column]}, restated {value}")
    ours, theirs = ours[1:], theirs[1:]  # the first run warms both up
    result = case(
        name,
        "ms",
        [round(value, 3) for value in ours],
        restated_median_ms=round(float(np.median(theirs)), 3),
        restated_min_ms=round(min(theirs), 3),
        times_as_fast=round(float(np.median(theirs) / np.median(ours)), 2),
    )
    print(
        f"{name:22} {result.summary['median']:6.1f} ms, restated "
        f"{result.facts['restated_median_ms']:7.1f} ms: {result.facts['times_as_fast']} times",
        flush=True,
    )
    return result


def timed(function: Callable[[], dict[str, float]]) -> tuple[dict[str, float], float]:
    """What a function gives, and the seconds that it took."""
    start = time.perf_counter()
    scores = function()
    return scores, time.perf_counter() - start


if __name__ == "__main__":
    main()
