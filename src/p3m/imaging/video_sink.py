"""Writes a video anew: frames are encoded, sound is copied as it is, everything else is left out."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from p3m.core.errors import ConfigError, OutputError
from p3m.imaging.atomic import open_atomic
from p3m.imaging.video import known_matrix, open_video, reported

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    import av
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.stream import Stream

    from p3m.imaging.types import Image
    from p3m.imaging.video import Frame, FrameSource


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """How files of one suffix are written.

    Attributes:
        container: FFmpeg's name of the container.
        codec: FFmpeg's name of the encoder.
        crf: The encoder's constant quality, by default; smaller is better.
        options: Further options of the encoder.
    """

    container: str
    codec: str = "libx264"
    crf: int = 18
    options: Mapping[str, str] = field(default_factory=lambda: _X264)


# Captions that a camera or station put into the frames would be carried on.
_X264 = {"preset": "veryfast", "a53cc": "0"}
_VP9 = {"deadline": "good", "cpu-used": "5", "row-mt": "1", "b": "0"}

_KINDS = {
    ".avi": _Kind(container="avi", options={**_X264, "bf": "0"}),  # it has no order of its own
    ".m4v": _Kind(container="mp4"),
    ".mkv": _Kind(container="matroska"),
    ".mov": _Kind(container="mov"),
    ".mp4": _Kind(container="mp4"),
    ".webm": _Kind(container="webm", codec="libvpx-vp9", crf=24, options=_VP9),
}

WRITTEN_SUFFIXES = frozenset(_KINDS)
"""The videos that p3m writes, in lower case."""


def check_video_target(path: Path) -> None:
    """Checks that p3m writes videos of that suffix.

    Args:
        path: The file that would be written.

    Raises:
        ConfigError: If it does not; the text says which it writes.
    """
    if path.suffix.lower() not in WRITTEN_SUFFIXES:
        raise ConfigError(
            f"{path}: videos are not written as {path.suffix or 'files without suffix'}; "
            f"use one of {', '.join(sorted(WRITTEN_SUFFIXES))}."
        )


class FrameSink:
    """A video file like another one, with frames of one's own.

    Times of frames, frame rate, pixel aspect and colour space are those of the source. Sound is
    copied packet by packet, without being decoded. No tag, chapter, subtitle, sensor track, cover
    or display matrix goes along. The file gets its name only when all of it is written.

    Args:
        path: The file to write; its suffix says the container: MP4, M4V, MOV, MKV and AVI hold
            H.264, WebM holds VP9.
        source: The open video whose frames are written.
        audio: Whether its sound is copied.
        crf: The encoder's constant quality, smaller is better; ``None`` takes 18, for VP9 24.
        recorded_at: A time of recording to put down, or ``None``.
        overwrite: Whether a file that exists may be replaced.

    Raises:
        ConfigError: If videos of that suffix are not written, or this build of PyAV lacks the
            encoder.
    """

    def __init__(
        self,
        path: Path,
        source: FrameSource,
        *,
        audio: bool = True,
        crf: int | None = None,
        recorded_at: str | None = None,
        overwrite: bool = False,
    ) -> None:
        import av  # noqa: PLC0415 - an extra; the source has asked for it

        check_video_target(path)
        self._kind = _KINDS[path.suffix.lower()]
        if self._kind.codec not in av.codecs_available:
            raise ConfigError(
                f"{path}: this build of PyAV has no {self._kind.codec}; install the wheel of PyPI "
                "(pip install --force-reinstall --only-binary av av)."
            )
        self.path = path
        self._source = source
        self._audio = audio
        self._crf = self._kind.crf if crf is None else crf
        self._tags = {} if recorded_at is None else {"creation_time": recorded_at}
        self._overwrite = overwrite
        self._open = ExitStack()

    def __enter__(self) -> Self:
        """Opens the file under a hidden name.

        Raises:
            OutputError: If it exists and may not be replaced, cannot be written, or its container
                cannot take the source's sound.
        """
        import av  # noqa: PLC0415 - an extra

        with ExitStack() as stack:
            file = stack.enter_context(open_atomic(self.path, overwrite=self._overwrite))
            kind = self._kind
            self._container = av.open(file, "w", format=kind.container, options=_REPEATABLE)
            stack.callback(self._container.close)
            self._container.metadata.update(self._tags)
            self._stream = self._add_video()
            self._sound = stack.enter_context(_Sound(self._source.path, self._container)) if (
                self._audio and self._source.info.audio
            ) else None
            self._open = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._open as stack:
            # An error that came this far must reach the file, so that it is not given its name.
            stack.push(lambda *_: False)
            if error is not None:
                raise error
            self._finish()

    def write(self, frame: Frame, image: Image | None = None) -> None:
        """Writes a frame.

        Args:
            frame: Of the source; it gives the time.
            image: The upright pixels to show, shape (H, W, 3); ``None`` shows the frame's own.

        Raises:
            OutputError: If it cannot be written.
        """
        self._mux(self._stream.encode(self._raw(frame, image)))

    def _raw(self, frame: Frame, image: Image | None) -> av.VideoFrame:
        import av  # noqa: PLC0415 - an extra

        if image is None and frame.is_upright:
            raw = frame.raw
        else:
            raw = av.VideoFrame.from_ndarray(frame.image() if image is None else image, "rgb24")
        matrix = known_matrix(frame.raw)
        raw = raw.reformat(
            format=self._stream.codec_context.pix_fmt,
            dst_colorspace=matrix,
            dst_color_range=frame.raw.color_range or None,
        )
        raw.pts, raw.time_base = frame.raw.pts, frame.raw.time_base
        raw.pict_type = 0  # the encoder chooses anew
        return raw
