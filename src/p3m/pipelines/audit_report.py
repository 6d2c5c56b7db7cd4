"""An audit on disk: JSON for programs, a page for people."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from p3m.core.extras import require_extra
from p3m.imaging.atomic import check_free, write_atomic
from p3m.imaging.page import render_page
from p3m.pipelines.audit import Audit

FILES = ("audit.json", "audit.html")
"""What a report's folder holds."""


def write_audit(audit: Audit, folder: Path, *, overwrite: bool = False) -> tuple[Path, ...]:
    """Writes an audit as ``audit.json`` and as a page, ``audit.html``.

    Args:
        audit: What was found.
        folder: Takes both; made if need be.
        overwrite: Whether files of an older audit may be replaced.

    Returns:
        The files.

    Raises:
        OutputError: If a file exists and may not be replaced, or cannot be written.
        MissingExtraError: If jinja2 is not installed.
    """
    check_audit(folder, overwrite=overwrite)
    values = asdict(audit)
    del values["views"]
    content = json.dumps({"passed": audit.passed, "counts": audit.counts(), **values}, indent=1)
    page = render_page(
        "p3m.privacy",
        "audit.html.j2",
        {
            "audit": audit,
            "count": audit.counts(),
            "views": audit.views,
            "flagged": [file for file in audit.files if file.verdict != "clean"],
        },
        filters={"greatest": _greatest},
    )
    for name, text in zip(FILES, (content, page), strict=True):
        write_atomic(folder / name, text.encode(errors="backslashreplace"), overwrite=overwrite)
    return tuple(folder / name for name in FILES)


def check_audit(folder: Path, *, overwrite: bool = False) -> None:
    """Checks that an audit can be written, before the work.

    Raises:
        OutputError: If a file of it exists and may not be replaced.
        MissingExtraError: If jinja2 is not installed.
    """
    require_extra("evaluate", "A report", "jinja2")
    for name in FILES:
        check_free(folder / name, overwrite=overwrite)


def _greatest(values: Any) -> str:
    """The greatest of some numbers for a table; a dash where there are none."""
    numbers = [value for value in values if value is not None]
    return f"{max(numbers):.2f}" if numbers else "-"
