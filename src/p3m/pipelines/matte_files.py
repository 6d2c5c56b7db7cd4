"""Mattes files: plans what is written where, then does one picture after the other."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from p3m.core.errors import ConfigError, InputError, OutputError, P3MError
from p3m.imaging.atomic import check_free
from p3m.imaging.compositing import ForegroundMethod, composite
from p3m.imaging.encode import Format, encode
from p3m.imaging.io import MAX_PIXELS, Picture, read_picture, write_picture
from p3m.imaging.memory import memory_told
from p3m.inference.predictor import Predictor
from p3m.pipelines.background import Background, fit_background, resolve_background
from p3m.pipelines.inputs import STREAM, Output, collect_inputs
from p3m.pipelines.matte import DEFAULT_MODEL, Matte, load_predictor, matte_picture
from p3m.pipelines.outputs import Job, find_destination, find_format, plan_jobs

_SAMPLES: dict[Output, NDArray[Any]] = {
    "alpha": np.zeros((1, 1), np.float32),
    "cutout": np.zeros((1, 1, 4), np.uint8),
    "foreground": np.zeros((1, 1, 3), np.uint8),
    "composite": np.zeros((1, 1, 3), np.uint8),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MatteSettings:
    """How files are matted.

    Attributes:
        output: What is written.
        background: For a composite: a colour, the file of a picture, or ``blur``.
        format: ``png``, ``webp``, ``tiff`` or ``jpeg``; ``None`` goes by the output's suffix.
        bits: 8, or 16 for an alpha.
        foreground_method: How the person's colours are estimated.
        model: A name, ``name@tag``, an ONNX file, or a file of weights for PyTorch.
        strategy: A name of :data:`p3m.inference.strategy.STRATEGIES`.
        threads: Threads of the network; ``None`` takes all that the process may use.
        provider: An ONNX Runtime provider; ``None`` is the processor.
        recursive: Whether folders within folders are searched.
        overwrite: Whether outputs that exist are replaced.
        max_pixels: Greater pictures are refused before they are decoded.

    Raises:
        ConfigError: If there is a composite without a background, or the other way round.
    """

    output: Output = "cutout"
    background: str | None = None
    format: str | None = None
    bits: int = 8
    foreground_method: ForegroundMethod = "blurred-fusion"
    model: str = DEFAULT_MODEL
    strategy: str = "tiled"
    threads: int | None = None
    provider: str | None = None
    recursive: bool = False
    overwrite: bool = False
    max_pixels: int = MAX_PIXELS

    def __post_init__(self) -> None:
        if self.output == "composite" and self.background is None:
            raise ConfigError("A composite needs a background: a colour, a picture, or blur.")
        if self.output != "composite" and self.background is not None:
            raise ConfigError(f"A background is for a composite; the output is {self.output}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A run that may start.

    Attributes:
        jobs: What is read and written.
        failed: Results of inputs that led to no picture.
        skipped: Files in folders that are left alone.
        kind: The format of all outputs.
        settings: How the files are matted.
    """

    jobs: tuple[Job, ...]
    failed: tuple["FileResult", ...]
    skipped: int
    kind: Format
    settings: MatteSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """What became of an input.

    Attributes:
        input: The file, or ``-`` for standard input.
        output: What was written, or ``None``.
        status: Whether it was done.
        error: What went wrong and what to do, in one line, or ``None``.
        warning: What was done, but not all that may have been meant, in one line, or ``None``.
        width: The picture's width in pixels, or ``None`` where it was not read.
        height: Its height.
        seconds: From opening the file to having written the output.
        model: The model that was asked for.
    """

    input: str
    output: str | None
    status: Literal["done", "failed"]
    error: str | None = None
    warning: str | None = None
    width: int | None = None
    height: int | None = None
    seconds: float = 0.0
    model: str


def plan_files(names: Sequence[str], out: str | None, settings: MatteSettings) -> Plan:
    """What a run would read and write; nothing is read yet.

    Args:
        names: Files, folders, patterns, or ``-`` for standard input.
        out: A folder, a file's name, ``-`` for standard output, or ``None``: beside each input.
        settings: How the files are matted.

    Raises:
        ConfigError: If ``out``, the format, the bits and the output do not suit each other.
        OutputError: If two inputs would write one output, or one would write over an input.
    """
    destination = find_destination(out, names)
    kind = find_format(destination, settings.format)
    encode(_SAMPLES[settings.output], kind, bits=settings.bits)  # refuses what does not go together
    inputs = collect_inputs(names, recursive=settings.recursive, out=destination.folder)
    failed = tuple(
        FileResult(
            input=name, output=None, status="failed", error=_line(error), model=settings.model
        )
        for name, error in inputs.empty
    )
    return Plan(
        jobs=plan_jobs(
            inputs.sources,
            destination,
            output=settings.output,
            kind=kind,
            also_read=tuple(filter(None, (settings.background, settings.model))),
        ),
        failed=failed,
        skipped=inputs.skipped,
        kind=kind,
        settings=settings,
    )


def matte_files(
    plan: Plan, *, stdin: BinaryIO | None, stdout: BinaryIO | None
) -> Iterator[FileResult]:
    """Carries a plan out, picture by picture; a bad one fails and the rest go on.

    Args:
        plan: What :func:`plan_files` gives.
        stdin: Where a source ``-`` is read from; ``None`` where it is closed.
        stdout: Where a target ``-`` is written to; ``None`` where it is closed.

    Yields:
        The result of each input, as soon as it is known.

    Raises:
        P3MError: At once, if the model or the background cannot be loaded.
    """
    yield from plan.failed
    if not plan.jobs:
        return
    settings = plan.settings
    predictor = load_predictor(
        settings.model,
        strategy=settings.strategy,
        threads=settings.threads,
        provider=settings.provider,
    )
    background = None
    if settings.background is not None:
        background = resolve_background(settings.background, max_pixels=settings.max_pixels)
    run = _Run(plan, predictor, background, stdin, stdout)
    for job in plan.jobs:
        yield run.result_of(job)


@dataclass(frozen=True, slots=True)
class _Run:
    plan: Plan
    predictor: Predictor
    background: Background | None
    stdin: BinaryIO | None
    stdout: BinaryIO | None

    def result_of(self, job: Job) -> FileResult:
        start = time.perf_counter()
        model = self.plan.settings.model
        try:
            with memory_told(str(job.source)):
                picture = self._read(job)
                matte = matte_picture(picture, self.predictor)
                self._write(job, matte)
        except P3MError as error:
            return FileResult(
                input=str(job.source),
                output=None,
                status="failed",
                error=_line(error, job),
                seconds=time.perf_counter() - start,
                model=model,
            )
        height, width = matte.alpha.shape
        return FileResult(
            input=str(job.source),
            output=str(job.target),
            status="done",
            warning=_first_of(picture.frames, job),
            width=width,
            height=height,
            seconds=time.perf_counter() - start,
            model=model,
        )

    def _read(self, job: Job) -> Picture:
        if job.target != STREAM:
            check_free(job.target, overwrite=self.plan.settings.overwrite)
        source = self.stdin if job.source == STREAM else job.source
        if source is None:
            raise InputError("standard input is closed; name a file.")
        return read_picture(source, max_pixels=self.plan.settings.max_pixels)

    def _write(self, job: Job, matte: Matte) -> None:
        settings = self.plan.settings
        target = self.stdout if job.target == STREAM else job.target
        if target is None:
            raise OutputError("standard output is closed; pass -o FILE.")
        write_picture(
            target,
            self._render(matte),
            format=self.plan.kind,
            bits=settings.bits,
            overwrite=settings.overwrite,
        )

    def _render(self, matte: Matte) -> NDArray[Any]:
        settings = self.plan.settings
        if settings.output == "alpha":
            return matte.alpha
        if settings.output == "cutout":
            return matte.cutout(method=settings.foreground_method)
        foreground = matte.foreground(method=settings.foreground_method)
        if self.background is None:
            return foreground
        behind = fit_background(self.background, matte.image, matte.alpha)
        return composite(foreground, behind, matte.alpha)


def _first_of(frames: int, job: Job) -> str | None:
    if frames == 1:
        return None
    return f"{job.source}: only the first of its {frames} pages or frames is matted."


def _line(error: P3MError, job: Job | None = None) -> str:
    """The error's text without line breaks, which a file's name may hold.

    Not every error knows the file: one of an array or of a missing extra gets the input's name.
    """
    text = str(error)
    if job is not None and job.source != STREAM:
        named = text.startswith((f"{job.source}:", f"{job.target}:"))
        text = text if named else f"{job.source}: {text}"
    return " ".join(text.splitlines())
