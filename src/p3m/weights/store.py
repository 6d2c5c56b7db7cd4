"""Where weights lie: in the package, in P3M_HOME, or at a path. Nothing is ever downloaded."""

import hashlib
import os
from pathlib import Path

from p3m.core.catalog import Catalog
from p3m.core.errors import WeightsError
from p3m.core.paths import is_file
from p3m.weights.catalog import WEIGHTS, Weights, weights_record

EMBEDDED = Path(__file__).parent / "files"


def find_weights(
    source: str | Path, *, catalog: Catalog[Weights] = WEIGHTS, embedded: Path = EMBEDDED
) -> Path:
    """The file of a model's weights.

    A ``Path``, or text that ends in ``.onnx`` or has a path separator, is a file of the user's own
    and is taken as it is. Anything else is a name in the catalogue, whose file is looked for in the
    package and then in ``weights`` below the folder that the environment variable ``P3M_HOME``
    names, and must have the catalogue's hash.

    Args:
        source: A path, ``model@tag``, or ``model`` for its newest weights.
        catalog: The weights that have names.
        embedded: The folder of the files that come with the package.

    Returns:
        The path of a file that exists.

    Raises:
        UnknownNameError: If it is neither a path nor a name in the catalogue.
        WeightsError: If the file is missing, cannot be read, or has another hash than the catalogue
            says.
    """
    if isinstance(source, Path) or source.endswith(".onnx") or {"/", os.sep} & set(source):
        path = Path(source)
        if not is_file(path):
            raise WeightsError(f"{path} is not there or is no file; give the path of an ONNX file.")
        return path
    record = weights_record(source, catalog)
    folders = [embedded]
    if home := os.environ.get("P3M_HOME"):
        folders.append(Path(home) / "weights")
    for folder in folders:
        if is_file(folder / record.file):
            return _verified(folder / record.file, record)
    looked = " or ".join(str(folder) for folder in folders)
    raise WeightsError(
        f"The file {record.file} of {record.name} is not in {looked}. "
        "Reinstall p3m: pip install --force-reinstall p3m."
    )


def sha256_of(path: Path) -> str:
    """A file's SHA-256, as 64 hexadecimal digits.

    Raises:
        WeightsError: If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror}.") from error


def _verified(path: Path, record: Weights) -> Path:
    """The path itself.

    Raises:
        WeightsError: If the file's hash is not the record's.
    """
    actual = sha256_of(path)
    if actual != record.sha256:
        raise WeightsError(
            f"{path} is damaged: its sha256 is {actual}, that of {record.name} is {record.sha256}. "
            "Reinstall p3m: pip install --force-reinstall p3m."
        )
    return path
