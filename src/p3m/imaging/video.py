"""Videos, picture by picture: what a file holds, and its frames as they come.

PyAV reads them; its wheels hold FFmpeg's libraries.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from p3m.core.errors import ImageTooLargeError, InputError, VideoDecodeError
from p3m.core.extras import require_extra
from p3m.imaging.io import MAX_PIXELS
from p3m.imaging.resize import fit_within
from p3m.imaging.types import Image, Size
from p3m.imaging.video_metadata import find_video_metadata, recorded_at
from p3m.imaging.video_orientation import UPRIGHT, Orientation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    import av
    from av.container import InputContainer
    from av.video.stream import VideoStream

_MATRICES = frozenset({1, 4, 5, 6, 7, 9})  # of colour, that the scaler knows by FFmpeg's numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoInfo:
    """What a video file says of itself.

    Attributes:
        size: Height and width of its upright frames, in pixels.
        rate: Frames a second, on average.
        frames: How many there are, as far as the file tells; ``None`` where it does not.
        audio: How many sound tracks it has.
        metadata: Groups of metadata; see :func:`~p3m.imaging.video_metadata.find_video_metadata`.
        recorded_at: When it was recorded, as its tags say.
    """

    size: Size
    rate: float
    frames: int | None
    audio: int
    metadata: tuple[str, ...]
    recorded_at: str | None


class Frame:
    """One frame, kept as it was decoded until its pixels are asked for.

    Attributes:
        time_s: When it is shown, in seconds from the video's zero.
    """

    __slots__ = ("_orientation", "raw", "time_s")

    def __init__(self, raw: av.VideoFrame, orientation: Orientation, time_s: float) -> None:
        self.raw = raw
        self._orientation = orientation
        self.time_s = time_s

    @property
    def is_upright(self) -> bool:
        """Whether the decoded rows and columns are those of the upright picture."""
        return self._orientation == UPRIGHT

    def image(self, longest_px: int | None = None) -> Image:
        """The upright pixels, 8 bits a channel, shape (H, W, 3).

        Args:
            longest_px: Makes a smaller copy, whose longer side has so many pixels.
        """
        size = self.raw.height, self.raw.width
        if longest_px is not None and longest_px < max(size):
            size = fit_within(size, (longest_px, longest_px))
        converted = self.raw.reformat(
            width=size[1],
            height=size[0],
            format="rgb24",
            src_colorspace=known_matrix(self.raw),
            interpolation="AREA" if size[0] < self.raw.height else "BILINEAR",
        )
        return self._orientation.turn(converted.to_ndarray())


class FrameSource:
    """The frames of a video file, in the order in which they are shown.

    One frame is decoded at a time, so that memory does not grow with the length. A file that was
    taken with a turned camera says so in a matrix: frames come upright. Frames of more than 8 bits
    come with 8, opacity is left out.

    Args:
        path: The file.
        max_pixels: Files with larger frames are refused before they are decoded.

    Raises:
        MissingExtraError: If the extra ``video`` is not installed.
    """

    def __init__(self, path: Path, *, max_pixels: int = MAX_PIXELS) -> None:
        require_extra("video", "Reading videos", "av")
        self.path = path
        self._max_pixels = max_pixels
        self._open = ExitStack()

    def __enter__(self) -> Self:
        """Opens the file and decodes its first frame.

        Raises:
            InputError: If it cannot be read.
            VideoDecodeError: If it holds no video, or its first frame cannot be decoded.
            ImageTooLargeError: If its frames have too many pixels.
        """
        with ExitStack() as stack:
            self._container = stack.enter_context(open_video(self.path))
            stream = self._container.streams.best("video")
            with reported(self.path):
                self._start(stream)
            self._open = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def __iter__(self) -> Iterator[Frame]:
        """The frames; they can be gone through once.

        Raises:
            VideoDecodeError: If one cannot be decoded.
        """
        count = 0
        with reported(self.path, lambda: f" after {count} frames"):
            for raw in chain((self._first,), self._rest):
                yield self._frame(raw)
                count += 1

    def _start(self, stream: VideoStream | None) -> None:
        if stream is None:
            raise VideoDecodeError(f"{self.path}: holds no video; give a video file.")
        self.stream = stream
        pixels = stream.codec_context.width * stream.codec_context.height
        if pixels > self._max_pixels:
            raise ImageTooLargeError(str(self.path), pixels, self._max_pixels)
        stream.thread_type = "AUTO"  # type: ignore[assignment] # a name is taken as well
        self._rest = self._container.decode(stream)
        first = next(self._rest, None)
        if first is None:
            raise VideoDecodeError(f"{self.path}: not a single frame can be decoded; copy it anew.")
        self._first = first
        self.orientation = Orientation.of(first, str(self.path))
        self._last_pts: int | None = None
        rate = float(stream.average_rate or stream.guessed_rate or 25)
        self.info = VideoInfo(
            size=self.orientation.size((first.height, first.width)),
            rate=rate,
            frames=_frames(self._container, stream, rate),
            audio=len(self._container.streams.audio),
            metadata=find_video_metadata(self._container, stream),
            recorded_at=recorded_at(self._container),
        )

    def _frame(self, raw: av.VideoFrame) -> Frame:
        """A frame with a time of its own, later than the last: some files give none, or one twice."""
        base: Fraction = raw.time_base or self.stream.time_base  # type: ignore[assignment]
        step = max(1, round(1 / (self.info.rate * base)))
        if self._last_pts is None:
            raw.pts = raw.pts or 0
        elif raw.pts is None:
            raw.pts = self._last_pts + step
        else:
            raw.pts = max(raw.pts, self._last_pts + 1)
        raw.time_base = base
        self._last_pts = raw.pts
        return Frame(raw, self.orientation, float(raw.pts * base))


@contextmanager
def open_video(path: Path) -> Iterator[InputContainer]:
    """Opens a file of any container that FFmpeg reads.

    Args:
        path: The file.

    Yields:
        The container; it is closed at the end.

    Raises:
        InputError: If the file cannot be read.
        VideoDecodeError: If it is of no such container, or damaged.
    """
    import av  # noqa: PLC0415 - an extra

    try:
        path.open("rb").close()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error}).") from error
    with reported(path):
        # A path could be taken for an address (of a network, a device); a file cannot.
        container = av.open(f"file:{path}", "r", metadata_errors="replace", options=_ALL_TAGS)
    with container:
        yield container


_ALL_TAGS = {"export_all": "1", "export_xmp": "1"}  # what QuickTime files say must be known


@contextmanager
def reported(path: Path, where: object = None) -> Iterator[None]:
    """Turns FFmpeg's errors into ours.

    Args:
        path: What errors call the file.
        where: A function that says how far it was read, or ``None``.

    Raises:
        VideoDecodeError: If the file is damaged.
    """
    import av  # noqa: PLC0415 - an extra

    try:
        yield
    except av.FFmpegError as error:
        place = where() if callable(where) else ""
        raise VideoDecodeError(
            f"{path}: not a video, or damaged{place} ({error.strerror}); copy or convert it anew."
        ) from error


def known_matrix(raw: av.VideoFrame) -> int | None:
    """The matrix by which a frame's brightness and colours are mixed; ``None`` where not said."""
    return raw.colorspace if raw.colorspace in _MATRICES else None


def _frames(container: InputContainer, stream: VideoStream, rate: float) -> int | None:
    if stream.frames:
        return stream.frames
    if container.duration:
        return max(1, round(container.duration / 1e6 * rate))
    return None
