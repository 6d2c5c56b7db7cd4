"""`p3m evaluate`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from p3m.cli.columns import echo_columns
from p3m.cli.names import printable
from p3m.core.errors import EvaluationError

if TYPE_CHECKING:
    from p3m.evaluation.comparison import Comparison
    from p3m.evaluation.published import Published
    from p3m.evaluation.result import Evaluation

HELP = """Score predicted alphas, of a folder or of a model, by a named protocol.

Predictions and true alphas belong together by their names. Every file is checked; if any is bad,
all that is wrong is listed, nothing is scored, and the exit code is 1.

The protocol p3m scores whole pictures, and their regions where there are trimaps; alphamatting
scores the unknown region alone. Their numbers are never comparable.

Examples:

  p3m evaluate --pred mine --alpha truth --trimap trimaps --report report

  p3m evaluate --model p3mnet-lite --data my-portraits --report report

  p3m evaluate --model p3mnet-lite --data p3m-500-np --root P3M-10k

  p3m evaluate --pred mine --alpha truth --baseline old/evaluation.json
"""


def evaluate(
    *,
    pred: Annotated[Path | None, typer.Option(help="The folder of predictions.")] = None,
    alpha: Annotated[Path | None, typer.Option(help="The folder of true alphas.")] = None,
    trimap: Annotated[Path | None, typer.Option(help="The folder of trimaps.")] = None,
    image: Annotated[Path | None, typer.Option(help="The folder of the pictures.")] = None,
    model: Annotated[
        str | None, typer.Option(metavar="NAME|FILE", help="A model that predicts; see p3m models.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(metavar="NAME|FOLDER", help="A data set, or a folder of images and alphas."),
    ] = None,
    root: Annotated[Path | None, typer.Option(help="The folder of the data set.")] = None,
    accept: Annotated[
        bool, typer.Option("--accept-agreement", help="You accept the data set's agreement.")
    ] = False,
    strategy: Annotated[
        str, typer.Option(help="How pictures meet the model: tiled, hybrid, resize, p3m-resize ...")
    ] = "tiled",
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads of the model; all processors by default.")
    ] = None,
    provider: Annotated[
        str | None, typer.Option(help="What the model runs on: cpu, cuda, ...")
    ] = None,
    protocol: Annotated[
        Literal["p3m", "alphamatting"], typer.Option(help="What is measured, and where.")
    ] = "p3m",
    values: Annotated[
        Literal["exact", "truncated"],
        typer.Option(help="Predictions as they are, or cut down to whole steps of 1/255 first."),
    ] = "exact",
    fast: Annotated[bool, typer.Option("--fast", help="Skip gradient and connectivity.")] = False,
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Score the rest where predictions are missing.")
    ] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes; as many as processors by default.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Decides the draws of the intervals.")] = 0,
    report: Annotated[
        Path | None, typer.Option(help="Takes a page, a JSON file and a CSV file.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the files of an older report.")
    ] = False,
    baseline: Annotated[
        Path | None, typer.Option(help="The JSON file of another report, to compare with.")
    ] = None,
    published: Annotated[
        str | None,
        typer.Option(metavar="TEST-SET", help="Cite what others published on it: p3m-500-p ..."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a line of JSON a picture, and one for all.")
    ] = False,
) -> None:
    """Scores predictions; see `HELP`."""
    from p3m.cli.progress import count_progress  # noqa: PLC0415 -- start-up must stay light
    from p3m.evaluation.published import published_on  # noqa: PLC0415
    from p3m.evaluation.report import check_report, write_report  # noqa: PLC0415
    from p3m.evaluation.result import read_evaluation  # noqa: PLC0415
    from p3m.pipelines import evaluate as pipeline  # noqa: PLC0415

    settings = pipeline.EvaluateSettings(
        pred=pred,
        alpha=alpha,
        trimap=trimap,
        image=image,
        model=model,
        data=data,
        root=root,
        accept=accept,
        strategy=strategy,
        threads=threads,
        provider=provider,
        protocol=protocol,
        values=values,
        fast=fast,
        allow_missing=allow_missing,
        jobs=jobs,
        seed=seed,
    )
    # What is bad is told before the work of measuring.
    before = None if baseline is None else read_evaluation(baseline)
    if published is not None:
        published_on(published)
    if report is not None:
        check_report(report, overwrite=overwrite)
    try:
        with count_progress("Scoring") as tell:
            evaluated = pipeline.evaluate(settings, baseline=before, tell=tell)
    except EvaluationError as error:
        for problem in error.problems:
            typer.echo(f"p3m: error: {printable(problem)}", err=True)
        typer.echo(f"p3m: {len(error.problems)} problems, nothing was scored", err=True)
        raise typer.Exit(1) from error
    made = pipeline.make_report(
        evaluated, baseline=before, published=published, worst=20 if report else 0
    )
    if as_json:
        _print_json(made.evaluation, made.comparison)
    else:
        _print_text(made.evaluation, made.comparison, made.published if published else None)
    if report is not None:
        for path in write_report(report, made, overwrite=overwrite):
            typer.echo(printable(str(path)), err=as_json)


def _print_json(evaluation: "Evaluation", comparison: "Comparison | None") -> None:
    from dataclasses import asdict  # noqa: PLC0415

    for row in evaluation.rows:
        typer.echo(json.dumps({"name": row.name, **row.scores}))
    summary = {name: asdict(one) for name, one in evaluation.summary().items()}
    total = {
        "protocol": evaluation.protocol,
        "pictures": len(evaluation.rows),
        "missing": list(evaluation.missing),
        "unused": list(evaluation.unused),
        "summary": summary,
    }
    if comparison is not None:
        total["comparison"] = asdict(comparison)
    typer.echo(json.dumps(total))


def _print_text(
    evaluation: "Evaluation", comparison: "Comparison | None", published: "Published | None"
) -> None:
    from p3m.evaluation.report import number  # noqa: PLC0415

    typer.echo(printable(f"{evaluation.title}: protocol {evaluation.protocol}"))
    summary = evaluation.summary()
    rows = [("", "MEAN", "95 % INTERVAL", "MEDIAN", "UNIT")]
    for column in evaluation.columns:
        one = summary[column.name]
        interval = f"{number(one.low)} to {number(one.high)}"
        rows.append((column.title, number(one.mean), interval, number(one.median), column.unit))
    echo_columns(rows)
    missing = f", {len(evaluation.missing)} left out (no prediction)" if evaluation.missing else ""
    unused = f", {len(evaluation.unused)} predictions without a truth" if evaluation.unused else ""
    typer.echo(f"{len(evaluation.rows)} pictures{missing}{unused}")
    if comparison is not None:
        titles = {column.name: column.title for column in evaluation.columns}
        _print_comparison(comparison, titles)
    if published is not None:
        _print_published(published)


def _print_comparison(comparison: "Comparison", titles: dict[str, str]) -> None:
    from p3m.evaluation.report import number  # noqa: PLC0415

    both, alone = len(comparison.names), comparison.left_out
    found = f"{both} pictures of both, {alone} of one alone or of other sizes"
    typer.echo(printable(f"\nagainst {comparison.title}: {found}"))
    rows = [("", "DIFFERENCE", "95 % INTERVAL", "READING")]
    for name, one in comparison.differences.items():
        interval = f"{number(one.low)} to {number(one.high)}"
        rows.append((titles[name], number(one.mean), interval, one.verdict))
    echo_columns(rows)


def _print_published(published: "Published") -> None:
    """The numbers of others, each marked as cited, under the warnings that belong to them."""
    typer.echo("\ncited, not measured here:")
    rows = [("METHOD", "FACES", "INPUT", "CITED", "PROTOCOL", "SOURCE")]
    for score in published.scores:
        cited = ", ".join(f"{name} {value:g}" for name, value in score.scores.items())
        rows.append((score.method, score.faces, score.input, cited, score.protocol, score.source))
    echo_columns(rows)
    notes = dict.fromkeys(f"{s.source}: {s.note}" for s in published.scores if s.note)
    for note in notes:
        typer.echo(f"- {note}")
    for warning in published.warnings:
        typer.echo(f"! {warning.text} ({warning.source})")
