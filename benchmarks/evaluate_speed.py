"""Pairs a second and peak memory of `p3m evaluate` on 500 pairs of 1080x1620 in files.

    python benchmarks/evaluate_speed.py
    python benchmarks/evaluate_speed.py --pairs 8 --runs 1

The pairs are made, 25 people at 20 places each, and written as PNG into a folder that is removed
afterwards. Time is that of the whole command, from start to exit. Memory is the greatest sum of
what the command and its processes held at one moment, looked at every 50 ms; pages that they share
count for each.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from made_alphas import made_pair
from PIL import Image
from result_file import Case, case, write_result
from rich.progress import track

HEIGHT, WIDTH = 1080, 1620
PEOPLE, STRANDS = 25, 200
STEP_PX = 13
LOOK_S = 0.05


def main() -> None:
    """Makes the pairs, measures with all metrics and with the fast ones, writes the result."""
    options = parse()
    jobs = options.jobs or os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make(root, options.pairs)
        cases = [
            measure(name, root, arguments, jobs=jobs, options=options)
            for name, arguments in (("all metrics", []), ("fast", ["--fast"]))
        ]
    settings = {
        "pairs": options.pairs,
        "height": HEIGHT,
        "width": WIDTH,
        "jobs": jobs,
        "runs": options.runs,
    }
    print(write_result("evaluate-speed", cases, settings=settings, machine=options.machine))


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=500)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--jobs", type=int, help="processes; as many as processors by default")
    parser.add_argument("--machine", help="what it runs on, for the file's name")
    return parser.parse_args()


def make(root: Path, pairs: int) -> None:
    """Writes predictions, true alphas and trimaps into folders."""
    for kind in ("pred", "alpha", "trimap"):
        (root / kind).mkdir()
    for number in track(range(pairs), description="making pairs"):
        person, place = number % PEOPLE, number // PEOPLE
        if number < PEOPLE:
            drawn = made_pair(HEIGHT, WIDTH, seed=person, strands=STRANDS)
            np.savez(root / f"{person}.npz", *drawn)
        with np.load(root / f"{person}.npz") as arrays:
            for kind, pixels in zip(("pred", "alpha", "trimap"), arrays.values(), strict=True):
                moved = np.roll(pixels, place * STEP_PX, axis=1)
                Image.fromarray(moved).save(root / kind / f"{number:03}.png", compress_level=1)


def measure(
    name: str, root: Path, arguments: list[str], *, jobs: int, options: argparse.Namespace
) -> Case:
    """The command, some times: pairs a second, and the greatest of the peaks."""
    command = [sys.executable, "-m", "p3m", "evaluate", "--jobs", str(jobs), *arguments]
    for kind in ("pred", "alpha", "trimap"):
        command += [f"--{kind}", str(root / kind)]
    rates, peaks = [], []
    for _ in range(options.runs):
        start = time.perf_counter()
        peaks.append(peak_bytes(command))
        rates.append(options.pairs / (time.perf_counter() - start))
    result = case(
        name,
        "pairs/s",
        [round(rate, 3) for rate in rates],
        peak_rss_mb=round(max(peaks) / 1e6, 1),
    )
    print(
        f"{name:12} {result.summary['median']:6.2f} pairs/s, peak {result.facts['peak_rss_mb']} MB",
        flush=True,
    )
    return result


def peak_bytes(command: list[str]) -> int:
    """Runs a command and tells the most memory that it and its processes held at one moment."""
    run = psutil.Popen(command, stdout=subprocess.DEVNULL)
    peak = 0
    while run.poll() is None:
        peak = max(peak, held_bytes(run))
        time.sleep(LOOK_S)
    if run.returncode:
        raise SystemExit(f"p3m evaluate failed with exit code {run.returncode}")
    return peak


def held_bytes(run: psutil.Popen) -> int:
    """The resident memory of a process and of all below it; those that just ended hold none."""
    held = 0
    try:
        for process in (run, *run.children(recursive=True)):
            held += process.memory_info().rss
    except psutil.NoSuchProcess:
        pass
    return held


if __name__ == "__main__":
    main()
