"""Videos, picture by picture: what a file holds, and its frames as they come.

PyAV reads them; its wheels hold FFmpeg's libraries.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from p3m.core.errors import ImageTooLargeError, InputError, VideoDecodeError
from p3m.core.extras import require_extra
from p3m.imaging.io import MAX_PIXELS
from p3m.imaging.resize import fit_within
from p3m.imaging.types import Image, Size
from p3m.imaging.video_metadata import find_video_metadata, recorded_at
from p3m.imaging.video_orientation import UPRIGHT, Orientation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

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
        seconds: How long it is, as far as the file tells.
        audio: How many sound tracks it has.
        metadata: Groups of metadata; see :func:`~p3m.imaging.video_metadata.find_video_metadata`.
        recorded_at: When it was recorded, as its tags say.
    """

    size: Size
    rate: float
    frames: int | None
    seconds: float | None
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
        return self._orientation.turn(converted.to_ndarray().astype(np.uint8, copy=False))


@contextmanager
def frame_source(path: Path, *, max_pixels: int = MAX_PIXELS) -> Iterator[FrameSource]:
    """Opens a video file and decodes its first frame.

    One frame is decoded at a time, so that memory does not grow with the length. A file that was
    taken with a turned camera says so in a matrix: frames come upright. Frames of more than 8 bits
    come with 8, opacity is left out. Where a file changes the size of its frames, all come in that
    of the first.

    Args:
        path: The file.
        max_pixels: Files with larger frames are refused before they are decoded.

    Yields:
        The frames, and what is known of them.

    Raises:
        MissingExtraError: If the extra ``video`` is not installed.
        InputError: If the file cannot be read.
        VideoDecodeError: If it holds no video, or its first frame cannot be decoded.
        ImageTooLargeError: If its frames have too many pixels.
    """
    require_extra("video", "Reading videos", "av")
    with open_video(path) as container:
        with reported(path):
            source = FrameSource(path, container, max_pixels=max_pixels)
        yield source


class FrameSource:
    """The frames of an open video; see :func:`frame_source`.

    Attributes:
        path: The file.
        info: What it says of itself.
        stream: PyAV's track.
        first: The first frame as it was decoded.
        orientation: How frames become upright.
        rate: Frames a second, on average.
    """

    def __init__(self, path: Path, container: InputContainer, *, max_pixels: int) -> None:
        from av.codec.context import ThreadType  # noqa: PLC0415 - an extra
        from av.video.stream import VideoStream  # noqa: PLC0415

        stream = container.streams.best("video")
        if not isinstance(stream, VideoStream):
            raise VideoDecodeError(f"{path}: holds no video; give a video file.")
        self.path = path
        self.stream = stream
        pixels = stream.codec_context.width * stream.codec_context.height
        if pixels > max_pixels:
            raise ImageTooLargeError(str(path), pixels, max_pixels)
        stream.thread_type = ThreadType.AUTO
        self._rest = container.decode(stream)
        first = next(self._rest, None)
        if first is None:
            raise VideoDecodeError(f"{path}: not a single frame can be decoded; copy it anew.")
        self.first = first
        self.orientation = Orientation.of(first, str(path))
        self.rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        self._last_pts: int | None = None
        seconds = _seconds(container, stream)
        self.info = VideoInfo(
            size=self.orientation.size((first.height, first.width)),
            rate=float(self.rate),
            frames=stream.frames or (round(seconds * self.rate) if seconds else None),
            seconds=seconds,
            audio=len(container.streams.audio),
            metadata=find_video_metadata(container, stream),
            recorded_at=recorded_at(container),
        )

    def __iter__(self) -> Iterator[Frame]:
        """The frames; they can be gone through once.

        Raises:
            VideoDecodeError: If one cannot be decoded.
        """
        count = 0
        with reported(self.path, lambda: f" after {count} frames"):
            for raw in chain((self.first,), self._rest):
                yield self._frame(raw)
                count += 1

    def _frame(self, raw: av.VideoFrame) -> Frame:
        """A frame of the first one's size, with a time later than the last one's.

        Some files give no time, or one twice.
        """
        raw = self._of_first_size(raw)
        base = raw.time_base or self.stream.time_base or 1 / self.rate
        step = max(1, round(1 / (self.rate * base)))
        if self._last_pts is None:
            raw.pts = raw.pts or 0
        elif raw.pts is None:
            raw.pts = self._last_pts + step
        else:
            raw.pts = max(raw.pts, self._last_pts + 1)
        raw.time_base = base
        self._last_pts = raw.pts
        return Frame(raw, self.orientation, float(raw.pts * base))

    def _of_first_size(self, raw: av.VideoFrame) -> av.VideoFrame:
        width, height = self.first.width, self.first.height
        if (raw.width, raw.height) == (width, height):
            return raw
        shrinks = raw.width * raw.height > width * height
        return raw.reformat(
            width=width, height=height, interpolation="AREA" if shrinks else "BILINEAR"
        )


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
def reported(path: Path, where: Callable[[], str] = str) -> Iterator[None]:
    """Turns FFmpeg's errors into ours.

    Args:
        path: What errors call the file.
        where: Says how far it was read.

    Raises:
        VideoDecodeError: If the file is damaged.
    """
    import av  # noqa: PLC0415 - an extra

    try:
        yield
    except av.FFmpegError as error:
        raise VideoDecodeError(
            f"{path}: not a video, or damaged{where()} ({error.strerror}); copy or convert it anew."
        ) from error


def known_matrix(raw: av.VideoFrame) -> int | None:
    """The matrix by which a frame's brightness and colours are mixed; ``None`` where not said."""
    return raw.colorspace if raw.colorspace in _MATRICES else None


def _seconds(container: InputContainer, stream: VideoStream) -> float | None:
    """The length of the frames' own track, or else of the file."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / 1e6 if container.duration else None
