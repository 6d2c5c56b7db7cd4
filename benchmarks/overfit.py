"""Whether a network can learn four portraits by heart: the error of its alpha, step by step.

    python benchmarks/overfit.py --data ../shared/data --out runs/overfit

The portraits are seen whole and small, always the same, their faces hidden as in P3M-10k; the loss
is the paper's. After each few steps the network is asked in eval mode, as it would be used. A run
that was stopped goes on where it was. What it shows is that gradients and capacity are right; it
says nothing about people whom the network has not seen.
"""

import argparse
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from result_file import case, write_result
from torch import Tensor, nn

from p3m.data.foregrounds import estimate_layers
from p3m.data.portraits import Portrait, read_portrait_folder
from p3m.data.transforms import ellipse_trimap
from p3m.imaging.depth import as_grey, dequantize, quantize
from p3m.imaging.io import read_alpha, read_image, write_picture
from p3m.imaging.resize import resize
from p3m.losses.objective import PAPER
from p3m.metrics.absolute import mad
from p3m.models.catalog import MODELS
from p3m.ops.normalize import normalize, to_planes
from p3m.pipelines.obfuscate import obfuscate_like_p3m
from p3m.training.checkpoint import read_checkpoint, write_checkpoint
from p3m.training.crop_step import CropStep
from p3m.training.memory import keep_freed_memory
from p3m.training.seeding import seed_initial_weights

TARGET = 0.01
KERNEL_PX = 7
KEPT_EVERY_S = 60.0
Batch = dict[str, Tensor]


def main() -> None:
    """Trains, tells each score, and writes the curve."""
    options = parse()
    keep_freed_memory()
    torch.set_num_threads(options.threads)
    folder = read_portrait_folder(options.data)
    people = [p for p in folder.portraits if p.name.startswith(options.names)][: options.portraits]
    batch = make_batch(people, options.side)
    curve = learn(options, batch)
    reached = next((step for step, error in curve if error < TARGET), None)
    scores = [error for _, error in curve]
    facts = {"first_step_below_target": reached or "none", "steps": curve[-1][0]}
    settings = {
        "portraits": len(people),
        "side_px": options.side,
        "lr": options.lr,
        "every_steps": options.every,
        "target_mad": TARGET,
    }
    cases = [case(options.model, "MAD", scores, last=scores[-1], **facts)]
    print(write_result("overfit", cases, settings=settings, machine=options.machine))


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder of portraits")
    parser.add_argument("--out", type=Path, required=True, help="takes the state and the pictures")
    parser.add_argument("--model", default="p3mnet-r34", choices=list(MODELS))
    parser.add_argument("--names", default="", help="what the portraits' names begin with")
    parser.add_argument("--portraits", type=int, default=4)
    parser.add_argument("--side", type=int, default=192, help="side in pixels, a multiple of 32")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--every", type=int, default=10, help="steps between two scores")
    parser.add_argument("--lr", type=float, default=2e-4)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--machine", help="what it runs on, for the file's name")
    return parser.parse_args()


def make_batch(people: list[Portrait], side: int) -> Batch:
    """All portraits as one batch, each made to fit a square."""
    samples = [make_sample(portrait, side) for portrait in people]
    return {name: torch.from_numpy(np.stack([s[name] for s in samples])) for name in samples[0]}


def make_sample(portrait: Portrait, side: int) -> dict[str, NDArray[np.uint8]]:
    """A portrait with hidden faces, its alpha, trimap and layers."""
    image, alpha = read_image(portrait.image), read_alpha(portrait.alpha)
    if portrait.face_mask is not None:
        image = obfuscate_like_p3m(image, alpha, read_alpha(portrait.face_mask) > 0.5)
    image, alpha = resize(image, (side, side)), resize(alpha, (side, side))
    layers = estimate_layers(image, alpha)
    steps = quantize(alpha)
    return {
        "image": image,
        "alpha": steps,
        "trimap": ellipse_trimap(steps, KERNEL_PX),
        "foreground": layers.foreground,
        "background": layers.background,
    }


def learn(options: argparse.Namespace, batch: Batch) -> list[tuple[int, float]]:
    """Steps done and the mean MAD after them, up to the last step."""
    seed_initial_weights(1)
    model = MODELS[options.model].build().to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), lr=options.lr)
    path = options.out / "state.pt"
    step, curve = 0, []
    if path.is_file():
        state = read_checkpoint(path)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step, curve = state["step"], [(int(at), error) for at, error in state["curve"]]
    objective, kept_at, begun_at = CropStep(PAPER), time.monotonic(), time.monotonic()
    while step < options.steps:
        model.train()
        terms = objective(model, batch, step)
        terms.total.backward()
        optimizer.step()
        optimizer.zero_grad()
        step += 1
        if step % options.every == 0 or step == options.steps:
            curve.append((step, score(model, batch, options.out / "panel.png")))
            passed = time.monotonic() - begun_at
            loss = terms.total.item()
            print(
                f"step {step}: MAD {curve[-1][1]:.4f}, loss {loss:.3f}, {passed:.0f} s", flush=True
            )
        if time.monotonic() - kept_at > KEPT_EVERY_S or step == options.steps:
            write_checkpoint(path, snapshot(model, optimizer, step, curve))
            kept_at = time.monotonic()
    return curve


def snapshot(
    model: nn.Module, optimizer: torch.optim.Optimizer, step: int, curve: list[tuple[int, float]]
) -> Mapping[str, object]:
    """All that going on needs."""
    return {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "step": step,
        "curve": curve,
    }


def score(model: nn.Module, batch: Batch, panel: Path) -> float:
    """The mean MAD of the portraits; pictures, alphas and truths are written beside each other."""
    model.eval()
    errors, rows = [], []
    for image, truth in zip(batch["image"], batch["alpha"].numpy(), strict=True):
        with torch.inference_mode():
            alpha = model(normalize(to_planes(image[None]))).alpha[0, 0].numpy()
        errors.append(mad(alpha, dequantize(truth)))
        rows.append(
            np.concatenate([image.numpy(), as_grey(alpha), as_grey(dequantize(truth))], axis=1)
        )
    write_picture(panel, np.concatenate(rows), overwrite=True)
    return float(np.mean(errors))


if __name__ == "__main__":
    main()
