"""Pictures a second of training steps: each network in fp32 and bf16, compiled and not.

    python benchmarks/train_speed.py
    python benchmarks/train_speed.py --model p3mnet-lite --side 128 --batch-size 2 --steps 3

It runs on the GPU if there is one. Each case trains in a process of its own, by the trainer and the
step that `p3m train` takes, on a few drawn samples again and again: forward, loss, backward,
optimiser and average are measured, making samples is not.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from itertools import pairwise, product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from result_file import Case, case, write_result
from speed import peak_rss_bytes

from p3m.losses.objective import P3MObjective
from p3m.models.catalog import MODELS
from p3m.training.crop_step import CropStep
from p3m.training.processes import this_process
from p3m.training.seeding import seed_initial_weights
from p3m.training.settings import TrainSettings
from p3m.training.trainer import Trainer
from p3m.training.two_scale import TwoScale, TwoScaleSettings, TwoScaleStep

NAMES = {"no": "fp32", "bf16": "bf16"}


def main() -> None:
    """Measures each case in a process of its own and writes the result file."""
    options = parse()
    if options.child:
        measure(options)
        return
    cases = [
        run(options, model, precision, compiled)
        for model, precision, compiled in product(
            options.model or ("p3mnet-lite", "p3mnet-r34"), NAMES, options.compile
        )
    ]
    settings = {
        name: getattr(options, name)
        for name in ("side", "batch_size", "steps", "warmup", "threads")
    }
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    device = "-".join(device.lower().split())
    print(
        write_result(
            "train-speed", cases, settings=settings, device=device, machine=options.machine
        )
    )


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", action="append", help="may be given again")
    parser.add_argument("--compile", nargs="+", choices=("off", "on"), default=("off", "on"))
    parser.add_argument("--side", type=int, default=512, help="of the samples, in pixels")
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--steps", type=int, default=20, help="that are timed")
    parser.add_argument("--warmup", type=int, default=5, help="steps before these")
    parser.add_argument("--threads", type=int, default=2, help="of the CPU")
    parser.add_argument("--machine", help="what it runs on, for the file's name")
    parser.add_argument("--child", type=json.loads, help=argparse.SUPPRESS)
    return parser.parse_args()


def run(options: argparse.Namespace, model: str, precision: str, compiled: str) -> Case:
    """One case, measured in a process of its own."""
    what = {"model": model, "precision": precision, "compile": compiled == "on"}
    command = [sys.executable, __file__, "--child", json.dumps(what)]
    for name in ("side", "batch-size", "steps", "warmup", "threads"):
        command += [f"--{name}", str(getattr(options, name.replace("-", "_")))]
    child = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    measured = json.loads(child.stdout)
    title = f"{model}, {NAMES[precision]}, compile {compiled}"
    print(
        f"{title:<36} median {statistics.median(measured['rates']):8.2f} images/s  "
        f"peak {measured['peak_mb']:6.0f} MB  warm-up {measured['warmup_s']:5.0f} s",
        flush=True,
    )
    return case(
        title,
        "images/s",
        measured["rates"],
        model=model,
        precision=NAMES[precision],
        compile=compiled,
        peak_mb=measured["peak_mb"],
        warmup_s=measured["warmup_s"],
    )


def measure(options: argparse.Namespace) -> None:
    """Trains one case and prints its rates and peak memory as JSON."""
    torch.set_num_threads(options.threads)
    times = Times()
    with TemporaryDirectory() as folder:
        trainer(options, times, Path(folder)).run(resume=False)
    seconds = [end - start for start, end in pairwise(times.ends)]
    timed = seconds[-options.steps :]
    on_gpu = this_process().device.type == "cuda"
    peak = torch.cuda.max_memory_allocated() if on_gpu else peak_rss_bytes()
    measured = {
        "rates": [round(options.batch_size / one, 4) for one in timed],
        "warmup_s": round(sum(seconds) - sum(timed), 2),
        "peak_mb": round(peak / 1e6, 1),
    }
    print(json.dumps(measured))


def trainer(options: argparse.Namespace, times: "Times", folder: Path) -> Trainer:
    """A trainer of the case's network, as its recipe has it."""
    what = options.child
    seed_initial_weights(1)
    model = MODELS[what["model"]].build()
    groups = [{"params": list(model.parameters())}]
    if what["model"] == "p3mnet-lite":
        # One size, so that every step has the same work.
        scales = TwoScaleSettings(
            base_sides_px=(options.side // 2,), window_px=options.side // 64 * 28
        )
        network, step = TwoScale(model), TwoScaleStep(P3MObjective(), scales, seed=1)
    else:
        network, step = model, CropStep(P3MObjective())
    settings = TrainSettings(
        steps=options.warmup + options.steps,
        batch_size=options.batch_size,
        workers=0,
        precision=what["precision"],
        compile=what["compile"],
    )
    return Trainer(
        network,
        step,
        DrawnSamples(options.side),
        settings,
        groups=groups,
        hooks=[times],
        checkpoint=folder / "none.pt",
    )


class Times:
    """Notes when each step has ended."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def at_start(self, state: object) -> None:  # noqa: ARG002
        """The first step starts now."""
        self.ends.append(time.perf_counter())

    def after_step(self, state: object, terms: object) -> None:  # noqa: ARG002
        """Waits for what is still being computed."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.ends.append(time.perf_counter())

    def at_end(self, state: object) -> None:
        """Nothing."""


class DrawnSamples:
    """A few samples again and again: discs with soft edges on noise, as either step takes them."""

    def __init__(self, side: int, *, count: int = 8) -> None:
        self._samples = [draw(side, np.random.default_rng(number)) for number in range(count)]

    def __len__(self) -> int:
        return sys.maxsize

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {**self._samples[index % len(self._samples)], "index": index}


def draw(side: int, rng: np.random.Generator) -> dict[str, NDArray[np.uint8]]:
    """One sample."""
    y, x = np.mgrid[:side, :side]
    top, left = rng.uniform(0.4, 0.6, 2) * side
    alpha = np.clip((0.3 * side - np.hypot(x - left, y - top)) / 8 + 0.5, 0, 1)
    image, foreground, background = rng.integers(0, 256, (3, side, side, 3)).astype(np.uint8)
    return {
        "image": image,
        "alpha": np.rint(alpha * 255).astype(np.uint8),
        "trimap": np.where((alpha > 0) & (alpha < 1), 128, alpha * 255).astype(np.uint8),
        "foreground": foreground,
        "background": background,
    }


if __name__ == "__main__":
    main()
