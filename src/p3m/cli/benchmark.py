"""`p3m benchmark`: studies of more than one network."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from p3m.core.errors import ConfigError, EvaluationError
from p3m.core.extras import require_extra

if TYPE_CHECKING:
    from p3m.pipelines.ppt_study import Study

HELP = "Compare trainings: what privacy costs (the PPT study)."

_PPT = """Test networks that were trained on blurred and on normal faces, each on both.

The pack is PPT-Open, or any folder of portraits, alphas, face masks and backgrounds with a manifest
of its own. Its files are verified first. Networks are named with --model, or trained by a preset,
twice, with --train. What was done is not done again: a killed study goes on with the same command.

Examples:

  p3m benchmark ppt --root PACK --out ppt --model lite=p3mnet-lite@v0

  p3m benchmark ppt --root PACK --out ppt --model mine=blurred.safetensors,normal.safetensors

  p3m benchmark ppt --root PACK --out ppt --train p3mnet-lite --set training.steps=400
"""

_MANIFEST = """Write who of a pack is trained on and who is tested with, and what its files hash to.

The split is by person, as training divides the folder by the preset's settings.

Example:

  p3m benchmark manifest PACK -o my-pack.csv
"""

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="A.B=C", help="Changes a preset's setting; repeatable."),
]


@app.command(help=_PPT)
def ppt(
    root: Annotated[Path, typer.Option(help="The portrait pack.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Takes all that the study makes.")],
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=B[,N]", help="Weights trained on blurred and normal faces; repeatable."
        ),
    ] = None,
    train: Annotated[
        str | None, typer.Option(metavar="PRESET", help="Train by it, twice, and test that.")
    ] = None,
    overrides: Overrides = None,
    manifest: Annotated[
        Path | None, typer.Option(help="Who is tested with; PPT-Open's own by default.")
    ] = None,
    count: Annotated[int | None, typer.Option(help="Show so many people; all by default.")] = None,
    strategy: Annotated[str, typer.Option(help="How pictures meet the network.")] = "tiled",
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of the network.")] = None,
    fast: Annotated[bool, typer.Option("--fast", help="Skip gradient and connectivity.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Decides the draws of the intervals.")] = 0,
    cache: Annotated[
        Path | None, typer.Option(help="Where estimated foregrounds are kept, for all runs.")
    ] = None,
) -> None:
    """Runs a PPT study; see `_PPT`."""
    require_extra("evaluate", "p3m benchmark ppt", "jinja2")
    require_extra("train", "p3m benchmark ppt", "torch", "pymatting")
    from p3m.cli.progress import training_progress  # noqa: PLC0415 -- start-up must stay light
    from p3m.config.load import load_settings  # noqa: PLC0415
    from p3m.pipelines.benchmark_ppt import PptSettings, benchmark_ppt  # noqa: PLC0415
    from p3m.pipelines.ppt_columns import parse_contender  # noqa: PLC0415
    from p3m.pipelines.ppt_report import write_study  # noqa: PLC0415
    from p3m.pipelines.train_settings import TrainRun  # noqa: PLC0415

    if overrides and train is None:
        raise ConfigError("--set changes how networks are trained; name a preset with --train.")
    settings = PptSettings(
        root=root,
        out=out,
        contenders=tuple(map(parse_contender, model or ())),
        train=None if train is None else load_settings(TrainRun, _source(train), overrides or ()),
        train_name="" if train is None else f"{Path(train).stem}-trained-here",
        manifest=manifest,
        count=count,
        strategy=strategy,
        threads=threads,
        fast=fast,
        seed=seed,
        cache=cache,
    )
    try:
        with training_progress() as tell:
            study = benchmark_ppt(settings, tell=tell)
    except EvaluationError as error:
        for problem in error.problems:
            typer.echo(f"p3m: error: {problem}", err=True)
        typer.echo(f"p3m: {len(error.problems)} problems, nothing was tested", err=True)
        raise typer.Exit(1) from error
    _print(study)
    for path in write_study(out, study):
        typer.echo(str(path))


@app.command(help=_MANIFEST)
def manifest(
    pack: Annotated[Path, typer.Argument(metavar="PACK", help="The portrait pack.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The CSV file.")],
    preset: Annotated[str, typer.Option(help="Whose settings divide the pack.")] = "p3mnet-lite",
    overrides: Overrides = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a file that exists.")
    ] = False,
) -> None:
    """Writes a manifest; see `_MANIFEST`."""
    from p3m.config.load import load_settings  # noqa: PLC0415 -- start-up must stay light
    from p3m.imaging.atomic import write_atomic  # noqa: PLC0415
    from p3m.pipelines.benchmark_ppt import make_manifest  # noqa: PLC0415
    from p3m.pipelines.train_settings import TrainRun  # noqa: PLC0415

    run = load_settings(TrainRun, _source(preset), overrides or ())
    made = make_manifest(pack, run.data)
    write_atomic(out, made.text.encode(), overwrite=overwrite)
    kinds: tuple[Literal["portrait", "scene"], ...] = ("portrait", "scene")
    for kind in kinds:
        counts = (f"{split} {len(made.select(kind, split))}" for split in _SPLITS)
        typer.echo(f"{kind}s: {', '.join(counts)}")
    typer.echo(f"{out}: {made.digest}")


_SPLITS = ("train", "validation", "unused")


def _source(preset: str) -> Path:
    """The file of a preset that is one, or has a name."""
    from p3m.config.load import preset as preset_path  # noqa: PLC0415

    return Path(preset) if preset.endswith(".toml") else preset_path(preset)


def _print(study: "Study") -> None:
    """The first metric of each table; the files have all."""
    from p3m.cli.columns import echo_columns  # noqa: PLC0415
    from p3m.evaluation.report import number  # noqa: PLC0415
    from p3m.pipelines.ppt_study import COLUMNS, TITLES  # noqa: PLC0415

    for table, entrants in study.tables.items():
        typer.echo(f"{TITLES[table]} ({study.pictures} people), SAD")
        rows: list[tuple[str, ...]] = [("NETWORK", *COLUMNS)]
        for one in entrants:
            cells = (one.columns.get(column) for column in COLUMNS)
            means = (number(cell.summary()["sad"].mean) if cell else "-" for cell in cells)
            rows.append((one.name, *means))
        echo_columns(rows)
        for one in entrants:
            for column, why in one.missing.items():
                typer.echo(f"{one.name}, {column}: {why}")
        typer.echo()
