"""Release agreements: agreed to once by whoever uses the data, and written down beside them."""

import hashlib
import json
import os
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from p3m.core.errors import AgreementError, OutputError
from p3m.data.entry import DatasetEntry
from p3m.data.survey import drawn_sizes
from p3m.imaging.atomic import write_atomic

RECORD = "p3m-agreement.json"
"""The file in the data set's folder that says what was agreed to, and when."""


def require_agreement(entry: DatasetEntry, root: Path, *, accept: bool = False) -> None:
    """Checks that a set's agreement was accepted, or accepts it now.

    It is written into the set's folder, or, where nothing can be written there, into ``agreements``
    below the folder that the environment variable ``P3M_HOME`` names. Drawn sets need none.

    Args:
        entry: The data set.
        root: Its folder.
        accept: Whether the user agrees now.

    Raises:
        AgreementError: If it needs one that was not accepted.
        OutputError: If it is accepted now and that can be written nowhere.
    """
    if entry.agreement is None or drawn_sizes(root) is not None or is_accepted(entry, root):
        return
    if not accept:
        raise AgreementError(
            f"{entry.name} may be used only by those who accept its agreement: read "
            f"p3m data agreement {entry.name}, then pass --accept-agreement to p3m data verify."
        )
    _record(entry, root)


def is_accepted(entry: DatasetEntry, root: Path) -> bool:
    """Whether the agreement, in the words that p3m shows of it, was accepted for this folder."""
    return any(_accepts(path, entry) for path in _places(entry, root))


def _places(entry: DatasetEntry, root: Path) -> list[Path]:
    """Where an acceptance may be written down, in the order of preference."""
    places = [root / RECORD]
    if home := os.environ.get("P3M_HOME"):
        places.append(Path(home) / "agreements" / f"{entry.name}.json")
    return places


def _accepts(path: Path, entry: DatasetEntry) -> bool:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    wanted = {"data_set": entry.name, "terms_sha256": _fingerprint(entry)}
    return isinstance(record, dict) and wanted.items() <= record.items()


def _record(entry: DatasetEntry, root: Path) -> None:
    agreement = entry.agreement
    record = {
        "data_set": entry.name,
        "agreement": agreement and agreement.url,
        "terms_sha256": _fingerprint(entry),
        "accepted": datetime.now(UTC).isoformat(timespec="seconds"),
        "p3m": metadata.version("p3m"),
    }
    content = (json.dumps(record, indent=2) + "\n").encode()
    failed: OutputError | None = None
    for path in _places(entry, root):
        try:
            write_atomic(path, content, overwrite=True)
        except OutputError as error:
            failed = error
        else:
            return
    raise OutputError(
        f"{root} cannot be written, and the agreement has to be kept somewhere: "
        "set P3M_HOME to a folder that can."
    ) from failed


def _fingerprint(entry: DatasetEntry) -> str:
    """Changes with the document or our summary of it: then it has to be accepted anew."""
    terms = entry.agreement and (entry.agreement.url, *entry.agreement.terms)
    return hashlib.sha256(json.dumps(terms).encode()).hexdigest()
