"""`p3m train`."""

from pathlib import Path
from typing import Annotated

import typer

from p3m.core.extras import require_extra

HELP = """Train a network on a folder of portraits, every face hidden first (PPT).

PRESET is the name of a preset, such as p3mnet-lite, or a TOML file of settings. The folder holds
portraits, alpha, backgrounds and facemask; files belong together by their names.

A killed run goes on exactly where it was with --resume. Weights, curves and checkpoints lie in the
output folder; look at them with: tensorboard --logdir OUT

Examples:

  p3m train p3mnet-lite --data portraits-with-alpha --out runs/lite

  p3m train p3mnet-lite --data my-portraits --out runs/mine --set training.steps=20000

  p3m train p3mnet-lite --data my-portraits --out runs/mine --resume
"""


def train(
    preset: Annotated[
        str, typer.Argument(metavar="PRESET", help="A preset's name, or a TOML file.")
    ],
    data: Annotated[Path, typer.Option(help="The folder of portraits.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Takes all that the run makes.")],
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="A.B=C", help="Changes a setting; may be given again."),
    ] = None,
    faces: Annotated[
        str | None, typer.Option(help="obfuscated (PPT) or normal: what faces are trained on.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in the output folder.")
    ] = False,
    cache: Annotated[
        Path | None, typer.Option(help="Where estimated foregrounds are kept, for all runs.")
    ] = None,
) -> None:
    """Trains a network; see `HELP`."""
    require_extra("train", "p3m train", "torch", "accelerate", "tensorboard", "pymatting")
    from p3m.cli.progress import training_progress  # noqa: PLC0415 -- start-up must stay light
    from p3m.config.load import load_settings  # noqa: PLC0415
    from p3m.config.load import preset as preset_path  # noqa: PLC0415
    from p3m.pipelines.train import TrainRun  # noqa: PLC0415
    from p3m.pipelines.train import train as run_training  # noqa: PLC0415

    source = Path(preset) if preset.endswith(".toml") else preset_path(preset)
    chosen = [*(overrides or []), *([f"faces={faces}"] if faces else [])]
    run = load_settings(TrainRun, source, chosen)
    with training_progress() as tell:
        weights = run_training(run, data=data, out=out, resume=resume, cache=cache, tell=tell)
    typer.echo(f"{weights}")
