"""Peak memory of the strategies for one ONNX model and one picture, each in a fresh process.

    python benchmarks/memory.py --model p3mnet-r34.onnx
    python benchmarks/memory.py --model p3mnet-r34.onnx --size 540x810 --strategy tiled --runs 1

What the weights are does not matter: `tiled` is told to refine every window, transition or not.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from result_file import Case, case, write_result
from speed import encoded_portrait, peak_rss_bytes

STRATEGIES = ("tiled", "hybrid", "p3m-resize", "p3m-hybrid")
SIZE = "1080x1620"


def main() -> None:
    """Measures each strategy in processes of its own and writes the result file."""
    options = parse()
    if options.child:
        measure(options.model, options.child, options.threads)
        return
    cases = []
    for size in options.size or [SIZE]:
        for strategy in options.strategy or STRATEGIES:
            cases.append(run(size, strategy, options))
            print(f"{cases[-1].name:22} peak {cases[-1].summary['median']:6.0f} MB", flush=True)
    settings = {name: getattr(options, name) for name in ("threads", "runs")}
    settings["model"] = Path(options.model).name
    print(write_result("memory", cases, settings=settings, machine=options.machine))


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="p3mnet-lite", help="a name, or an ONNX file")
    parser.add_argument("--strategy", action="append", help="may be given again")
    parser.add_argument("--size", action="append", help="HEIGHTxWIDTH; may be given again")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--machine", help="what it runs on, for the file's name")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    return parser.parse_args()


def run(size: str, strategy: str, options: argparse.Namespace) -> Case:
    """One strategy at one size, measured in as many processes as there are runs."""
    height, width = map(int, size.split("x"))
    command = [sys.executable, __file__, "--child", strategy]
    command += ["--model", options.model, "--threads", str(options.threads)]
    encoded = encoded_portrait(height, width)
    measured = [
        json.loads(
            subprocess.run(command, input=encoded, stdout=subprocess.PIPE, check=True).stdout
        )
        for _ in range(options.runs)
    ]
    return case(
        f"{strategy} {size}",
        "MB",
        [one["peak_mb"] for one in measured],
        strategy=strategy,
        megapixels=round(height * width / 1e6, 4),
        loaded_mb=measured[0]["loaded_mb"],
    )


def measure(model: str, strategy: str, threads: int) -> None:
    """Mattes what standard input holds, once, and prints the peaks before and after as JSON."""
    import p3m  # noqa: PLC0415 -- the parent stays small
    from p3m.inference.strategy import Tiled  # noqa: PLC0415

    chosen = Tiled(threshold=-1.0, settled=0.0) if strategy == "tiled" else strategy
    predict = p3m.load_predictor(model, strategy=chosen, threads=threads)
    loaded = peak_rss_bytes()
    image = p3m.read_image(sys.stdin.buffer.read())
    predict(image)
    measured = {"loaded_mb": loaded / 1e6, "peak_mb": peak_rss_bytes() / 1e6}
    print(json.dumps({name: round(value, 1) for name, value in measured.items()}))


if __name__ == "__main__":
    main()
