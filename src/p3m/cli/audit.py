"""`p3m audit`."""

from pathlib import Path
from typing import Annotated

import typer

from p3m.cli.names import printable

HELP = """Look through anonymized pictures for anybody who can still be identified.

Faces are searched again, at other sizes and with a lower threshold than when they were hidden, and
what is left of them is measured. Metadata, thumbnails and trailing data are found. The exit code is
1 where a file is identifiable or could not be read, so that a release of data can wait for it.
Links to folders are not followed, and count as what could not be read.
Pictures are known by their content: hidden ones and those with another suffix are looked at, too.

Examples:

  p3m audit shared

  p3m audit shared --originals pictures --report report

  p3m audit shared --originals pictures --embedder arcface.onnx --json
"""


def audit(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The pictures, or one of them.")],
    *,
    originals: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The pictures before, to compare with.")
    ] = None,
    embedder: Annotated[
        Path | None,
        typer.Option(metavar="FILE.onnx", help="A face embedding of yours: who would be known?"),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Takes audit.html and audit.json.")
    ] = None,
    threshold: Annotated[
        float, typer.Option(min=0, max=1, help="Least score of what is looked at.")
    ] = 0.2,
    fail_on_doubt: Annotated[
        bool, typer.Option("--fail-on-doubt", help="Exit with 1 for doubtful files, too.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an older report.")
    ] = False,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads of the networks; all processors by default.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON for each file.")
    ] = False,
) -> None:
    """Audits a folder; see `HELP`."""
    import dataclasses  # noqa: PLC0415 -- start-up must stay light
    import json  # noqa: PLC0415

    from p3m.cli.progress import count_progress  # noqa: PLC0415
    from p3m.pipelines.audit import AuditSettings  # noqa: PLC0415
    from p3m.pipelines.audit import audit as run  # noqa: PLC0415
    from p3m.pipelines.audit_report import check_audit, write_audit  # noqa: PLC0415

    settings = AuditSettings(
        originals=originals, embedder=embedder, threshold=threshold, threads=threads
    )
    if report is not None:
        check_audit(report, overwrite=overwrite)
    with count_progress("Auditing") as tell:
        found = run(folder, settings, on_done=tell)
    for file in found.files:
        if as_json:
            typer.echo(json.dumps(dataclasses.asdict(file)))
        elif file.verdict != "clean":
            line = f"{file.verdict:12}  {file.name}: {'; '.join(file.reasons)}"
            typer.echo(printable(line))
    if report is not None:
        for path in write_audit(found, report, overwrite=overwrite):
            typer.echo(str(path), err=True)
    counts = found.counts()
    parts = [f"{number} {verdict}" for verdict, number in counts.items()]
    if unread := sum(file.unread for file in found.files):
        parts.append(f"{unread} of these could not be read")
    if found.skipped:
        parts.append(f"{found.skipped} other files not looked at")
    typer.echo(f"p3m: {', '.join(parts)}", err=True)
    if not found.passed or (fail_on_doubt and counts["doubtful"]):
        raise typer.Exit(1)
