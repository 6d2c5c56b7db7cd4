"""`p3m train`."""

import dataclasses
import json
import signal
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer

from p3m.core.extras import require_extra

HELP = """Train a network on a folder of portraits, every face hidden first (PPT).

PRESET is the name of a preset, such as p3mnet-lite or p3m-10k-r34, or a TOML file of settings. The
folder is one of your own, with portraits, alpha, facemask and perhaps backgrounds, or a data set
that the preset names, such as P3M-10k.

A run that was stopped or killed goes on exactly where it was with the same command and --resume;
Ctrl-C and SIGTERM write a checkpoint first. Weights, curves and checkpoints lie in the output
folder; look at them with: tensorboard --logdir OUT

Validation reports hidden and visible faces alike: with --faces obfuscated the columns are B:B and
B:N of the papers, with --faces normal N:B and N:N.

Examples:

  p3m train p3mnet-lite --data portraits-with-alpha --out runs/lite

  p3m train p3mnet-lite --data my-portraits --out runs/mine --set training.steps=20000

  p3m train p3mnet-lite --data mine --out runs/more --set initial=p3mnet-lite --set training.lr=3e-4

  p3m train p3mnet-lite --data my-portraits --out runs/two --set data.harder=scores.csv

  p3m train p3mnet-lite --data my-portraits --out runs/three --set data.things=cut-outs

  p3m train p3mnet-lite --data my-portraits --out runs/four --set scales.hardest=0.5

  p3m train p3m-10k-r34 --data P3M-10k --out runs/r34 --set initial=backbone.pth.tar

  p3m train p3m-10k-r34 --data P3M-10k --out runs/r34 --set initial=backbone.pth.tar --resume
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
        Literal["obfuscated", "normal"] | None,
        typer.Option(help="Whether faces are hidden (PPT, the rule) or visible in training."),
    ] = None,
    source_faces: Annotated[
        Path | None,
        typer.Option(help="A folder of faces to paste where faces are hidden (P3M-CP)."),
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
    from p3m.pipelines.train import train as run_training  # noqa: PLC0415
    from p3m.pipelines.train_settings import TrainRun  # noqa: PLC0415

    source = Path(preset) if preset.endswith(".toml") else preset_path(preset)
    chosen = [*(overrides or []), *([f"faces={faces}"] if faces else [])]
    if source_faces is not None:
        chosen.append(f"copy_paste.folder={json.dumps(str(source_faces))}")
    run = load_settings(TrainRun, source, chosen)
    if source_faces is not None and run.copy_paste.level == "none":
        image_level = dataclasses.replace(run.copy_paste, level="image")
        run = dataclasses.replace(run, copy_paste=image_level)
    signal.signal(signal.SIGTERM, _interrupt)
    with training_progress() as tell:
        weights = run_training(run, data=data, out=out, resume=resume, cache=cache, tell=tell)
    typer.echo(f"{weights}")


def _interrupt(*_: object) -> NoReturn:
    """Lets a run that is told to end, as by a cluster or a container, end as on Ctrl-C."""
    raise KeyboardInterrupt
