"""One network in PyTorch and in ONNX Runtime: time and memory of one picture, side by side.

    python benchmarks/onnx_speed.py
    python benchmarks/onnx_speed.py --side 256 --rounds 1 --runs 2

Fresh weights of one seed go into a file, from which `p3m export` makes the ONNX files. Then the
cases take turns, each time in a process of its own, so that a machine that slows down slows down
all of them. From a process's peak of memory is taken what it had held once all was imported.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from result_file import Case, case, write_result
from speed import peak_rss_bytes

SEED = 7
EAGER, CHANNELS_LAST = "torch", "torch, channels last"
STORAGES = {"ONNX Runtime": "single", "ONNX Runtime, half": "half", "ONNX Runtime, int8": "int8"}
CASES = (EAGER, CHANNELS_LAST, *STORAGES)

Picture = NDArray[np.float32]
Run = Callable[[Picture], Picture]


def main() -> None:
    """Measures all cases and writes the result file; or one of them, in a process of its own."""
    options = parse()
    if options.child == "files":
        make_files(options)
    elif options.child:
        measure(options)
    else:
        settings = ("model", "side", "threads", "rounds", "runs", "warmup")
        cases = compare(options)
        for one in cases:
            print(f"{one.name:24} median {one.summary['median']:6.0f} ms  {one.facts}")
        chosen = {name: getattr(options, name) for name in settings}
        print(write_result("onnx-speed", cases, settings=chosen, machine=options.machine))


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="p3mnet-r34", help="a network with two decoders")
    parser.add_argument("--side", type=int, default=800, help="of the square picture, in pixels")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3, help="processes of each case")
    parser.add_argument("--runs", type=int, default=5, help="timed runs of each process")
    parser.add_argument("--warmup", type=int, default=1)
    parser.add_argument("--machine", help="what it runs on, for the file's name")
    parser.add_argument("--child", choices=("files", *CASES), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def compare(options: argparse.Namespace) -> list[Case]:
    """All cases in turn, round after round; each beside eager torch."""
    measured: dict[str, list[dict[str, Any]]] = {name: [] for name in CASES}
    with TemporaryDirectory() as folder:
        options.folder = Path(folder)
        files = child("files", options)
        for _ in range(options.rounds):
            for name, results in measured.items():
                results.append(child(name, options))
                print(f"{name:24} {statistics.median(results[-1]['ms']):6.0f} ms", flush=True)
    eager = summarized(EAGER, measured[EAGER])
    return [
        summarized(name, results, files.get(name, {}), beside=eager)
        for name, results in measured.items()
    ]


def child(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """What a process of its own says of a case."""
    command = [sys.executable, __file__, "--child", name]
    for option in ("model", "side", "threads", "runs", "warmup", "folder"):
        command += [f"--{option}", str(getattr(options, option))]
    run = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    result: dict[str, Any] = json.loads(run.stdout)
    return result


def summarized(
    name: str,
    results: list[dict[str, Any]],
    facts: dict[str, float] | None = None,
    *,
    beside: Case | None = None,
) -> Case:
    """A case of all its processes: every time, the median of the peaks, ratios to eager torch."""
    peak, imported = (
        round(statistics.median(result[key] for result in results), 1)
        for key in ("peak_rss_mb", "imported_rss_mb")
    )
    memory = {
        "peak_rss_mb": peak,
        "imported_rss_mb": imported,
        "peak_less_import_mb": round(peak - imported, 1),
    }
    one = case(name, "ms", [ms for result in results for ms in result["ms"]], **memory)
    if beside is None:
        return one
    ratios = {
        "times_as_fast": round(beside.summary["median"] / one.summary["median"], 3),
        "share_of_memory": round(
            memory["peak_less_import_mb"] / float(beside.facts["peak_less_import_mb"]), 3
        ),
    }
    return case(name, "ms", one.raw, **memory, **ratios, **(facts or {}))


def make_files(options: argparse.Namespace) -> None:
    """Writes the weights and the ONNX files, and prints the latter's sizes and differences."""
    from p3m.models.catalog import create_model  # noqa: PLC0415 -- the parent stays small
    from p3m.models.state import save_state  # noqa: PLC0415
    from p3m.pipelines.export import export  # noqa: PLC0415
    from p3m.training.seeding import seed_initial_weights  # noqa: PLC0415

    seed_initial_weights(SEED)
    weights = options.folder / "weights.safetensors"
    save_state(weights, create_model(options.model))
    facts = {}
    for name, storage in STORAGES.items():
        report = export(weights, options.folder / f"{storage}.onnx", storage=storage)
        facts[name] = {
            "file_mb": round(report.size_bytes / 1e6, 1),
            "difference": float(f"{(report.stored or report.graph).error:.2g}"),
        }
    print(json.dumps(facts))


def measure(options: argparse.Namespace) -> None:
    """Runs one case again and again, and prints times and memory as JSON."""
    load = load_eager if options.child in (EAGER, CHANNELS_LAST) else load_onnx
    run, imported = load(options)
    sides = (1, 3, options.side, options.side)
    picture = np.random.default_rng(SEED).normal(size=sides).astype(np.float32)
    milliseconds = []
    for _ in range(options.warmup + options.runs):
        start = time.perf_counter()
        run(picture)
        milliseconds.append(round(1e3 * (time.perf_counter() - start), 3))
    measured = {
        "ms": milliseconds[options.warmup :],
        "imported_rss_mb": imported / 1e6,
        "peak_rss_mb": peak_rss_bytes() / 1e6,
    }
    print(json.dumps(measured))


def load_eager(options: argparse.Namespace) -> tuple[Run, int]:
    """The network in torch, and the process's peak before there was one."""
    import torch  # noqa: PLC0415 -- only where it is measured

    from p3m.models import state  # noqa: F401, PLC0415 -- so that the import is none of the peak
    from p3m.models.catalog import MODELS, create_model  # noqa: PLC0415

    torch.set_num_threads(options.threads)
    import_module(MODELS[options.model].build.path.partition(":")[0])
    imported = peak_rss_bytes()
    network = create_model(options.model, options.folder / "weights.safetensors")
    last = options.child == CHANNELS_LAST
    layout = torch.channels_last if last else torch.contiguous_format
    network = network.to(memory_format=layout)

    def run(picture: Picture) -> Picture:
        with torch.inference_mode():
            alpha = network(torch.from_numpy(picture).to(memory_format=layout)).alpha
        return np.asarray(alpha)

    return run, imported


def load_onnx(options: argparse.Namespace) -> tuple[Run, int]:
    """The file in a session as p3m opens it, and the process's peak before that."""
    import onnxruntime  # noqa: F401, PLC0415 -- so that the import is none of the peak

    from p3m.weights.session import open_session  # noqa: PLC0415

    imported = peak_rss_bytes()
    path = options.folder / f"{STORAGES[options.child]}.onnx"
    session = open_session(path, name=options.child, threads=options.threads)

    def run(picture: Picture) -> Picture:
        alpha: Picture = session.run(None, {"image": picture})[0]
        return alpha

    return run, imported


if __name__ == "__main__":
    main()
