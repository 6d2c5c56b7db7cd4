"""What a run that hides faces reads and writes, and how it hides them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from p3m.core.errors import ConfigError, OutputError, P3MError
from p3m.imaging.io import MAX_PIXELS
from p3m.imaging.native import Kept
from p3m.pipelines.faces import DEFAULT_DETECTOR
from p3m.pipelines.inputs import PICTURE_SUFFIXES, STREAM, VIDEO_SUFFIXES, collect_inputs
from p3m.pipelines.outputs import Job, check_distinct, find_destination
from p3m.privacy.region import MARGIN

_SUFFIXES = {
    ".avif": ".png", ".bmp": ".png", ".heic": ".png", ".heif": ".png",
    ".3gp": ".mkv", ".flv": ".mkv", ".m2ts": ".mkv", ".mpeg": ".mkv", ".mpg": ".mkv",
    ".mts": ".mkv", ".wmv": ".mkv",
}  # fmt: skip
"""What files become that p3m does not write in their own format."""

MOST_DETECT_EVERY = 12
"""Frames wait in memory until the search after the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnonymizeSettings:
    """How a run hides faces.

    Attributes:
        effect: A name in :data:`p3m.privacy.catalog.EFFECTS`.
        strength: Of the effect; ``None`` takes its default.
        margin: How much further out than a face the effect reaches, as a share of its half.
        detector: As :func:`p3m.pipelines.faces.face_source` takes it.
        threshold: The least score of a face; ``None`` takes the detector's own.
        replay: A ledger whose faces are taken instead of a detector's.
        keep: Faces that stay: ``NAME#NUMBER``, ``#NUMBER`` or ``LEFT,TOP,RIGHT,BOTTOM``.
        alpha: A folder of alphas, by the pictures' names, whose transition stays untouched.
        matte: Computes such alphas.
        facemask: Takes a mask of what was covered for each picture.
        ledger: Takes a line for each picture; lines are added to a ledger that exists.
        keep_metadata: Groups of metadata that are written again.
        dry_run: Writes review sheets and a ledger, and no picture.
        fail_on_doubt: Pictures that a person should look at are not written.
        recursive: Whether folders within folders are searched.
        overwrite: Whether outputs that exist may be replaced; an input never is.
        resume: Whether what the ledger has as written, and is there unchanged, is left as it is.
        max_pixels: Greater pictures are refused before they are decoded.
        detect_every: In videos, each how many frames faces are searched.
        fail_secure: Whether a face that is lost in a video stays covered until it is found again.
        audio: Whether a video's sound is copied.
        crf: Constant quality of videos, smaller is better; ``None`` takes the encoder's default.
        threads: Of the networks; ``None`` takes all that the process may use.
    """

    effect: str = "blur"
    strength: float | None = None
    margin: float = MARGIN
    detector: str = DEFAULT_DETECTOR
    threshold: float | None = None
    replay: Path | None = None
    keep: tuple[str, ...] = ()
    alpha: Path | None = None
    matte: bool = False
    facemask: Path | None = None
    ledger: Path | None = None
    keep_metadata: frozenset[Kept] = frozenset()
    dry_run: bool = False
    fail_on_doubt: bool = False
    recursive: bool = False
    overwrite: bool = False
    resume: bool = False
    max_pixels: int = MAX_PIXELS
    detect_every: int = 1
    fail_secure: bool = False
    audio: bool = True
    crf: int | None = None
    threads: int | None = None

    def __post_init__(self) -> None:
        if self.alpha is not None and self.matte:
            raise ConfigError("Alphas are given and to be computed; leave --alpha or --matte out.")
        if self.replay is not None and self.threshold is not None:
            raise ConfigError("A ledger's faces have no threshold; leave --threshold out.")
        if self.resume and (self.ledger is None or self.dry_run):
            raise ConfigError(
                "--resume goes by the ledger of the run before; give its --ledger, no --dry-run."
            )
        if not 1 <= self.detect_every <= MOST_DETECT_EVERY:
            raise ConfigError(
                f"--detect-every is {self.detect_every}; it must be 1 to {MOST_DETECT_EVERY}."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedJob:
    """A picture or video to read and where it goes.

    Attributes:
        source: The picture or video.
        place: Its path below the folder that it was found in.
        target: The file to write.
        mask: Takes what was covered, or ``None``.
    """

    source: Path
    place: Path
    target: Path
    mask: Path | None = None

    @property
    def is_video(self) -> bool:
        """Whether the source is called as videos are."""
        return self.source.suffix.lower() in VIDEO_SUFFIXES


@dataclass(frozen=True, slots=True, kw_only=True)
class AnonymizePlan:
    """A run that may start.

    Attributes:
        jobs: What is read and written.
        failed: Results of inputs that led to no picture.
        skipped: Files in folders that are left alone.
        out: The folder of the outputs.
        settings: How faces are hidden.
    """

    jobs: tuple[PlacedJob, ...]
    failed: tuple["AnonymizeResult", ...]
    skipped: int
    out: Path
    settings: AnonymizeSettings

    def output_of(self, job: PlacedJob) -> str:
        """The place of a job's output below the folder of the outputs."""
        return job.target.relative_to(self.out).as_posix()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnonymizeResult:
    """What became of an input.

    Attributes:
        input: The file.
        output: What was written, or ``None``.
        status: What was done: ``no-face`` was written, without metadata, and should be looked at;
            ``resumed`` was done by an earlier run.
        hidden: Faces that were hidden, or would be; in a video, those that were followed.
        kept: Faces that were left.
        doubts: What a person should look at.
        metadata_removed: Groups of metadata that are not in the output.
        error: What went wrong and what to do, or ``None``.
    """

    input: str
    output: str | None = None
    status: Literal["anonymized", "no-face", "planned", "resumed", "failed"]
    hidden: int = 0
    kept: int = 0
    doubts: tuple[str, ...] = ()
    metadata_removed: tuple[str, ...] = ()
    error: str | None = None


def plan_anonymize(names: Sequence[str], out: str, settings: AnonymizeSettings) -> AnonymizePlan:
    """What a run would read and write; nothing is read yet.

    Args:
        names: Files, folders or patterns.
        out: A folder; or a file's name for one picture.
        settings: How faces are hidden.

    Raises:
        ConfigError: If ``out`` does not suit the inputs.
        OutputError: If two inputs would write one output, or one would write over an input.
    """
    if "-" in names or out == "-":
        raise ConfigError("Faces are hidden in files, not in streams; name files and a folder.")
    destination = find_destination(out, names)
    inputs = collect_inputs(
        names,
        recursive=settings.recursive,
        out=destination.folder,
        suffixes=PICTURE_SUFFIXES | VIDEO_SUFFIXES,
    )
    jobs = tuple(
        PlacedJob(
            source=source.path,
            place=source.place,
            target=destination.file or _target(destination.folder or STREAM, source.place),
            mask=settings.facemask and settings.facemask / source.place.with_suffix(".png"),
        )
        for source in inputs.sources
    )
    _check_targets(jobs, settings.ledger)
    failed = tuple(failure(name, error) for name, error in inputs.empty)
    folder = destination.folder or Path(out).parent
    return AnonymizePlan(
        jobs=jobs, failed=failed, skipped=inputs.skipped, out=folder, settings=settings
    )


def metadata_groups(text: str) -> frozenset[Kept]:
    """The groups of metadata that a list such as ``icc,date`` names.

    Raises:
        ConfigError: If it names one that cannot be kept.

    Example:
        >>> sorted(metadata_groups("icc, date"))
        ['date', 'icc']
    """
    names = {name.strip() for name in text.split(",") if name.strip()}
    if unknown := sorted(names - set(get_args(Kept))):
        raise ConfigError(
            f"{', '.join(unknown)} cannot be kept; of metadata only "
            f"{' and '.join(get_args(Kept))} can."
        )
    return frozenset(group for group in get_args(Kept) if group in names)


def _check_targets(jobs: Sequence[PlacedJob], ledger: Path | None) -> None:
    """Checks that pictures, masks and ledger are files of their own, and none of them an input."""
    masks = [Job(source=job.source, target=job.mask) for job in jobs if job.mask is not None]
    check_distinct([*(Job(source=job.source, target=job.target) for job in jobs), *masks])
    taken = {path.resolve() for job in jobs for path in (job.source, job.target, job.mask) if path}
    if ledger is not None and ledger.resolve() in taken:
        raise OutputError(f"{ledger}: is a picture of this run; name another file for the ledger.")


def _target(folder: Path, place: Path) -> Path:
    suffix = place.suffix.lower()
    return folder / (place.with_suffix(_SUFFIXES[suffix]) if suffix in _SUFFIXES else place)


def failure(name: str, error: P3MError) -> AnonymizeResult:
    """The result of an input that could not be used."""
    text = " ".join(str(error).splitlines())
    return AnonymizeResult(
        input=name, status="failed", error=text if name in text else f"{name}: {text}"
    )
