"""`p3m anonymize`."""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from p3m.cli.names import printable

if TYPE_CHECKING:
    from p3m.pipelines.anonymize_plan import AnonymizeResult

HELP = """Hide the faces in pictures and videos, and keep everything else.

INPUT is a file, a folder or a quoted pattern such as 'scans/**/*.jpg'. Originals are never written
over: OUT is a folder that takes each picture at its own place and in its own format, or a file's
name for one picture. All metadata goes (places, names, thumbnails), the orientation is applied.

Videos keep sound, times and size. A face that the detector misses in some frames stays covered
between, before and after; with --fail-secure one that is lost stays covered until it is found.

A picture without a face is written too, and reported: look at it, or pass --fail-on-doubt. The
exit code is 0 if all were done, 1 if some failed and 2 if the command line was wrong.

Examples:

  p3m anonymize pictures -o shared --recursive

  p3m anonymize portrait.jpg -o hidden.jpg --effect mosaic

  p3m anonymize pictures -o review --dry-run            (look first: sheets and a ledger)

  p3m anonymize pictures -o shared --replay review/ledger.jsonl --keep group.jpg#2

  p3m anonymize clip.mp4 -o shared --fail-secure

  p3m anonymize pictures -o shared --matte --facemask masks --ledger ledger.jsonl
"""


def anonymize(
    inputs: Annotated[
        list[str], typer.Argument(metavar="INPUT...", help="Files, folders or patterns.")
    ],
    *,
    out: Annotated[
        str, typer.Option("--out", "-o", metavar="OUT", help="A folder, or a file for one picture.")
    ],
    effect: Annotated[
        Literal["blur", "mosaic", "solid"], typer.Option(help="What replaces a face.")
    ] = "blur",
    strength: Annotated[
        float | None,
        typer.Option(help="blur: share of the face, 0.1 to 1; mosaic: cells, 1 to 8."),
    ] = None,
    margin: Annotated[
        float, typer.Option(min=0, max=4, help="How much further out than the face to reach.")
    ] = 0.25,
    detector: Annotated[
        str,
        typer.Option(metavar="centerface|yunet:FILE|boxes:FILE|masks:DIR", help="Where faces are."),
    ] = "centerface",
    threshold: Annotated[
        float | None, typer.Option(min=0, max=1, help="Least score of a face; low on purpose.")
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME#NUMBER|L,T,R,B", help="A face to leave as it is; may be repeated."
        ),
    ] = None,
    alpha: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Alphas whose hair and edges stay untouched.")
    ] = None,
    matte: Annotated[
        bool, typer.Option("--matte", help="Compute such alphas with p3m's own matting.")
    ] = False,
    facemask: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Takes a mask of what was covered for each.")
    ] = None,
    ledger: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Takes a line of JSON for each picture.")
    ] = None,
    replay: Annotated[
        Path | None,
        typer.Option(metavar="LEDGER", help="Hide the faces of a ledger, as it was edited."),
    ] = None,
    keep_metadata: Annotated[
        str, typer.Option(metavar="icc,date", help="Groups of metadata to keep; none by default.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write review sheets and a ledger, no pictures.")
    ] = False,
    fail_on_doubt: Annotated[
        bool, typer.Option("--fail-on-doubt", help="Do not write what a person should look at.")
    ] = False,
    detect_every: Annotated[
        int, typer.Option(min=1, max=12, help="Videos: search each how many frames.")
    ] = 1,
    fail_secure: Annotated[
        bool, typer.Option("--fail-secure", help="Videos: a lost face's place stays covered.")
    ] = False,
    no_audio: Annotated[
        bool, typer.Option("--no-audio", help="Videos: leave the sound out.")
    ] = False,
    crf: Annotated[
        int | None,
        typer.Option(min=0, max=63, help="Videos: constant quality; 18, or 24 in WebM."),
    ] = None,
    recursive: Annotated[
        bool, typer.Option("--recursive", "-r", help="Search folders in folders.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace outputs that exist.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on: leave what the ledger has and is unchanged.")
    ] = False,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads of the networks; all processors by default.")
    ] = None,
    max_megapixels: Annotated[
        float, typer.Option(min=0.000001, max=1e6, help="Greater pictures are refused.")
    ] = 100.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON for each picture.")
    ] = False,
) -> None:
    """Hides faces; see `HELP`."""
    from p3m.cli.progress import media_progress  # noqa: PLC0415 -- start-up must stay light
    from p3m.pipelines.anonymize_files import anonymize_files  # noqa: PLC0415
    from p3m.pipelines.anonymize_plan import (  # noqa: PLC0415
        AnonymizeSettings,
        metadata_groups,
        plan_anonymize,
    )

    settings = AnonymizeSettings(
        effect=effect,
        strength=strength,
        margin=margin,
        detector=detector,
        threshold=threshold,
        keep=tuple(keep or ()),
        alpha=alpha,
        matte=matte,
        facemask=facemask,
        ledger=ledger,
        replay=replay,
        keep_metadata=metadata_groups(keep_metadata),
        dry_run=dry_run,
        fail_on_doubt=fail_on_doubt,
        detect_every=detect_every,
        fail_secure=fail_secure,
        audio=not no_audio,
        crf=crf,
        recursive=recursive,
        overwrite=overwrite,
        resume=resume,
        threads=threads,
        max_pixels=round(max_megapixels * 1e6),
    )
    plan = plan_anonymize(inputs, out, settings)
    results = []
    with media_progress(len(plan.jobs) + len(plan.failed)) as (advance, tell):
        for result in anonymize_files(plan, tell=tell):
            results.append(result)
            _print(result, as_json=as_json)
            advance()
    typer.echo(_summary(results, skipped=plan.skipped), err=True)
    if any(result.status == "failed" for result in results):
        raise typer.Exit(1)


def _print(result: "AnonymizeResult", *, as_json: bool) -> None:
    if result.error is not None:
        typer.echo(f"p3m: error: {result.error}", err=True)
    for doubt in result.doubts:
        typer.echo(f"p3m: look at {result.input}: {doubt}", err=True)
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(result)))
    elif result.output is not None:
        typer.echo(printable(result.output))


def _summary(results: list["AnonymizeResult"], *, skipped: int) -> str:
    count = {
        status: sum(result.status == status for result in results)
        for status in ("anonymized", "no-face", "planned", "resumed", "failed")
    }
    hidden, kept = (sum(getattr(result, name) for result in results) for name in ("hidden", "kept"))
    written = count["anonymized"] + count["no-face"]
    verb = f"{count['planned']} looked through" if count["planned"] else f"{written} written"
    parts = [
        verb,
        f"{hidden} faces {'to hide' if count['planned'] else 'hidden'}",
        f"{kept} kept" if kept else "",
        f"{count['no-face']} without a face" if count["no-face"] else "",
        f"{count['resumed']} done before" if count["resumed"] else "",
        f"{count['failed']} failed" if count["failed"] else "",
        f"{skipped} other files skipped" if skipped else "",
    ]
    return f"p3m: {', '.join(part for part in parts if part)}"
