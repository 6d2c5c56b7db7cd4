"""`p3m data`."""

import json
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from p3m.cli.columns import echo_columns
from p3m.core.extras import require_extra

if TYPE_CHECKING:
    from p3m.data.entry import DatasetEntry
    from p3m.data.verify import Verification

HELP = """List, verify, prepare, refine, draw and pack data sets.

p3m downloads none of them. Each command works on a folder that you have, by the name of the set
whose layout it has, or `folder` for your own pictures and alphas.

Examples:

  p3m data list

  p3m data verify p3m-10k P3M-10k --accept-agreement

  p3m data prepare folder my-portraits --part trimap

  p3m data refine folder my-portraits --out refined

  p3m data synth drawn --like p3m-10k --count 40
"""

_ALIKE = 10  # warnings of one text that are printed; errors all are

Name = Annotated[str, typer.Argument(metavar="NAME", help="See p3m data list.")]
Root = Annotated[Path, typer.Argument(metavar="ROOT", help="The folder of the set.")]
Splits = Annotated[
    list[str] | None, typer.Option("--split", metavar="SPLIT", help="This part; may be repeated.")
]
Accept = Annotated[
    bool, typer.Option("--accept-agreement", help="You have read the agreement and accept it.")
]
Jobs = Annotated[
    int | None, typer.Option(min=1, help="Processes; as many as processors by default.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class _Part(StrEnum):
    TRIMAP = "trimap"
    FOREGROUND = "foreground"
    BACKGROUND = "background"


app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the data sets that p3m knows."""
    from p3m.data.catalog import DATASETS  # noqa: PLC0415 -- start-up must stay light

    if as_json:
        for entry in DATASETS.values():
            typer.echo(_json(entry))
        return
    rows = [("NAME", "PICTURES", "AGREEMENT", "LICENCE")]
    for entry in DATASETS.values():
        sizes = [split.size for split in entry.splits if split.size is not None]
        size = entry.size or sum(sizes)
        agreement = "needed" if entry.agreement else "-"
        rows.append((entry.name, f"{size:,}" if size else "-", agreement, entry.licence))
    echo_columns(rows)


@app.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """Tell all about a data set: parts, layout, licence, paper, how to get it, what is doubtful."""
    from p3m.data.catalog import DATASETS  # noqa: PLC0415

    entry = DATASETS[name]
    if as_json:
        typer.echo(_json(entry))
        return
    facts = {
        "licence": entry.licence,
        "paper": entry.paper,
        "home": entry.url,
        "obtain": entry.obtain,
        "agreement": f"needed, see p3m data agreement {name}" if entry.agreement else "",
    }
    typer.echo(f"{entry.title} ({entry.name}): {entry.summary}\n")
    echo_columns([(f"{key}:", text) for key, text in facts.items() if text])
    for split in entry.splits:
        size = f"{split.size:,} pictures" if split.size else "any number of pictures"
        typer.echo(f"\n{split.name}: {size}, faces {split.faces}")
        for kind, place in split.places.items():
            optional = " (not always there)" if place.optional else ""
            typer.echo(f"  {kind.replace('_', ' ')}: {' or '.join(place.folders)}{optional}")
    if entry.caveats:
        typer.echo("\nto know:")
    for caveat in entry.caveats:
        typer.echo(f"  - {caveat}")


@app.command()
def agreement(name: Name) -> None:
    """Summarize the agreement of a data set, and tell where its text is."""
    from p3m.data.catalog import DATASETS  # noqa: PLC0415

    terms = DATASETS[name].agreement
    if terms is None:
        typer.echo(f"{name} needs no agreement; its licence: {DATASETS[name].licence}")
        return
    typer.echo(f"{terms.title}\n{terms.url}\n\nIn our words; the document alone counts:")
    for term in terms.terms:
        typer.echo(f"  - {term}")
    typer.echo("\nTo accept it, pass --accept-agreement once to a command that uses the data.")


@app.command()
def verify(
    name: Name,
    root: Root,
    splits: Splits = None,
    prepared: Annotated[
        Path | None, typer.Option(help="Where made files lie; ROOT/prepared by default.")
    ] = None,
    accept: Accept = False,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Read every file of a set and tell all that is wrong; exit code 1 where it is broken."""
    from p3m.cli.progress import count_progress  # noqa: PLC0415
    from p3m.pipelines.data import verify_dataset  # noqa: PLC0415

    with count_progress("Verifying") as tell:
        report = verify_dataset(
            name,
            root,
            splits or (),
            prepared=prepared,
            accept=accept,
            workers=jobs,
            tell=tell,
        )
    typer.echo(_report_json(report)) if as_json else _print_report(report)
    if report.broken:
        raise typer.Exit(1)


@app.command()
def prepare(
    name: Name,
    root: Root,
    splits: Splits = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Takes what is made; else ROOT/prepared.")
    ] = None,
    parts: Annotated[
        list[_Part] | None, typer.Option("--part", help="Make this alone; may be repeated.")
    ] = None,
    method: Annotated[
        Literal["multilevel", "closed-form"],
        typer.Option(help="How colours are estimated; closed-form is slow."),
    ] = "multilevel",
    trimap_radius: Annotated[
        int, typer.Option(min=1, help="Pixels by which a trimap's unknown region is widened.")
    ] = 12,
    accept: Accept = False,
    jobs: Jobs = None,
) -> None:
    """Make trimaps, foregrounds and backgrounds that a set came without; goes on where it was."""
    wanted = set(parts or _Part)
    if wanted != {_Part.TRIMAP}:
        require_extra("train", "p3m data prepare", "pymatting")
    from p3m.cli.progress import count_progress  # noqa: PLC0415
    from p3m.data.prepare import PARTS, PrepareSettings  # noqa: PLC0415
    from p3m.pipelines.data import prepare_dataset  # noqa: PLC0415

    with count_progress("Preparing") as tell:
        result = prepare_dataset(
            name,
            root,
            splits or (),
            out=out,
            parts=[part for part in PARTS if part in wanted],
            settings=PrepareSettings(method=method, radius_px=trimap_radius),
            accept=accept,
            workers=jobs,
            tell=tell,
        )
    for _, problem in result.failed:
        typer.echo(f"p3m: error: {problem}", err=True)
    done = f"{result.made} prepared, {result.complete} complete before"
    typer.echo(f"{result.out}: {done}, {len(result.failed)} failed")
    if result.failed:
        raise typer.Exit(1)


@app.command()
def refine(
    name: Name,
    root: Root,
    out: Annotated[Path, typer.Option("--out", "-o", help="Takes the new alphas.")],
    split: Annotated[
        str | None, typer.Option(metavar="SPLIT", help="The part to refine; the first by default.")
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option(help="A picture of the most refined ones, before and after.")
    ] = None,
    accept: Accept = False,
    jobs: Jobs = None,
) -> None:
    """Estimate soft alphas anew by closed-form matting, where colours are well told apart.

    For alphas that a network made: hair before a plain wall gets sharper, the rest stays. Alphas
    that contradict the picture are left out, and not trained on; refined.csv tells of each. A run
    that was killed goes on where it was. To train on the result:

      p3m data refine folder my-portraits --out refined --sheet look.png

      p3m train p3mnet-lite --data my-portraits --out run --set data.alphas=refined
    """
    require_extra("train", "p3m data refine", "pymatting")
    from p3m.cli.progress import count_progress  # noqa: PLC0415
    from p3m.pipelines.refine import refine_dataset  # noqa: PLC0415

    with count_progress("Refining") as tell:
        outcomes = refine_dataset(
            name, root, out, split, sheet=sheet, accept=accept, workers=jobs, tell=tell
        )
    failed = [outcome for outcome in outcomes if outcome.problem]
    for outcome in failed:
        typer.echo(f"p3m: error: {outcome.problem}", err=True)
    written = sum(outcome.written for outcome in outcomes)
    doubtful = len(outcomes) - written - len(failed)
    typer.echo(f"{out}: {written} refined, {doubtful} in doubt, {len(failed)} failed")
    if sheet:
        typer.echo(f"{sheet}: the most refined ones" if written else "nothing refined, no sheet")
    if failed:
        raise typer.Exit(1)


@app.command()
def synth(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="An empty folder, or a new one.")],
    count: Annotated[int, typer.Option(min=1, help="Pictures to train on.")],
    like: Annotated[str, typer.Option(help="The set whose layout it gets.")] = "p3m-10k",
    validation: Annotated[
        int | None, typer.Option(min=0, help="Pictures of each other split; else a quarter.")
    ] = None,
    width: Annotated[int, typer.Option(help="Width of the pictures.")] = 256,
    height: Annotated[int, typer.Option(help="Height of the pictures.")] = 320,
    seed: Annotated[int, typer.Option(min=0, help="Decides everything.")] = 0,
    jobs: Jobs = None,
) -> None:
    """Draw a small set of people who do not exist, with exact alphas, to try things on."""
    from p3m.cli.progress import count_progress  # noqa: PLC0415
    from p3m.pipelines.data import draw_dataset  # noqa: PLC0415

    with count_progress("Drawing") as tell:
        sizes = draw_dataset(
            like,
            out,
            count=count,
            validation=validation,
            size=(height, width),
            seed=seed,
            workers=jobs,
            tell=tell,
        )
    typer.echo(f"{out}: " + ", ".join(f"{split} {size}" for split, size in sizes.items()))


@app.command()
def shard(
    name: Name,
    root: Root,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="An empty folder, or a new one.")],
    split: Annotated[str, typer.Option(metavar="SPLIT", help="The part to pack.")] = "train",
    prepared: Annotated[
        Path | None, typer.Option(help="Where made files lie; ROOT/prepared by default.")
    ] = None,
    size: Annotated[int, typer.Option(min=1, help="Pictures in each shard.")] = 256,
    seed: Annotated[int, typer.Option(min=0, help="Decides the order.")] = 0,
    accept: Accept = False,
) -> None:
    """Pack a part of a set into a few large files (WebDataset shards), the same each time."""
    require_extra("train", "p3m data shard", "webdataset")
    from p3m.cli.progress import count_progress  # noqa: PLC0415
    from p3m.pipelines.data import shard_dataset  # noqa: PLC0415

    with count_progress("Packing") as tell:
        manifest = shard_dataset(
            name,
            root,
            out,
            split,
            prepared=prepared,
            samples_per_shard=size,
            seed=seed,
            accept=accept,
            tell=tell,
        )
    shards = manifest["shards"]
    typer.echo(f"{out}: {sum(shards.values())} pictures in {len(shards)} shards")


def _print_report(report: "Verification") -> None:
    rows = [("SPLIT", "FOUND", "PUBLISHED", "FILES")]
    for split in report.splits:
        kinds = ", ".join(f"{kind.replace('_', ' ')} {n}" for kind, n in split.kinds.items())
        published = "-" if split.published is None else f"{split.published:,}"
        rows.append((split.name, f"{split.found:,}", published, kinds))
    echo_columns(rows)
    alike: Counter[str] = Counter()
    for problem in report.problems:
        alike[problem.text] += problem.severity == "warning"
        if alike[problem.text] <= _ALIKE:
            typer.echo(f"{problem.severity}: {problem}")
    for text, count in alike.items():
        if count > _ALIKE:
            typer.echo(f"warning: {count - _ALIKE} files more, see --json: {text}")
    errors = sum(problem.severity == "error" for problem in report.problems)
    drawn = " (a drawn set)" if report.drawn else ""
    state = "broken" if report.broken else "whole"
    typer.echo(
        f"{report.data_set}{drawn} in {report.root} is {state}: "
        f"{errors} errors, {len(report.problems) - errors} warnings"
    )


def _report_json(report: "Verification") -> str:
    import dataclasses  # noqa: PLC0415

    fields = {**dataclasses.asdict(report), "broken": report.broken}
    return json.dumps(fields, default=str, indent=2)


def _json(entry: "DatasetEntry") -> str:
    import dataclasses  # noqa: PLC0415

    return json.dumps(dataclasses.asdict(entry))
