"""Writes a video anew: frames are encoded, sound is copied, everything else is left out."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from p3m.core.errors import ConfigError, OutputError
from p3m.imaging.atomic import open_atomic
from p3m.imaging.video import known_matrix, open_video

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import av
    from av.container import OutputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

    from p3m.imaging.types import Image
    from p3m.imaging.video import Frame, FrameSource


# Captions that a camera or station put into the frames would be carried on.
_X264 = {"preset": "veryfast", "a53cc": "0"}
_VP9 = {"deadline": "good", "cpu-used": "5", "row-mt": "1", "b": "0"}


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


_KINDS = {
    ".avi": _Kind(container="avi", options={**_X264, "bf": "0"}),  # it has no order of its own
    ".m4v": _Kind(container="mp4"),
    ".mkv": _Kind(container="matroska"),
    ".mov": _Kind(container="mov"),
    ".mp4": _Kind(container="mp4"),
    ".webm": _Kind(container="webm", codec="libvpx-vp9", crf=24, options=_VP9),
}

_REPEATABLE = {"fflags": "+bitexact"}  # neither the writer's name nor random numbers in the file

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


@contextmanager
def frame_sink(
    path: Path,
    source: FrameSource,
    *,
    audio: bool = True,
    crf: int | None = None,
    recorded_at: str | None = None,
    overwrite: bool = False,
) -> Iterator[FrameSink]:
    """Opens a video file like another one, for frames of one's own.

    Times of frames, frame rate, pixel aspect and colour space are those of the source. Sound is
    copied packet by packet, without being decoded. No tag, chapter, subtitle, sensor track, cover
    or display matrix goes along. The file gets its name only when all of it is written; where the
    block is left by an error, nothing is.

    Args:
        path: The file to write; its suffix says the container: MP4, M4V, MOV, MKV and AVI hold
            H.264, WebM holds VP9.
        source: The open video whose frames are written.
        audio: Whether its sound is copied.
        crf: The encoder's constant quality, smaller is better; ``None`` takes 18, for VP9 24.
        recorded_at: A time of recording to put down, or ``None``.
        overwrite: Whether a file that exists may be replaced.

    Yields:
        Takes the frames.

    Raises:
        ConfigError: If videos of that suffix are not written, or this build of PyAV lacks the
            encoder.
        OutputError: If the file exists and may not be replaced, cannot be written, or its container
            cannot take the source's sound.
    """
    import av  # noqa: PLC0415 - an extra; the source has asked for it

    check_video_target(path)
    kind = _KINDS[path.suffix.lower()]
    if kind.codec not in av.codecs_available:
        raise ConfigError(
            f"{path}: this build of PyAV has no {kind.codec}; take the one of PyPI "
            "(pip install --force-reinstall --only-binary av av)."
        )
    with open_atomic(path, overwrite=overwrite) as file, _reported(path):
        container = av.open(file, "w", format=kind.container, options=_REPEATABLE)
        with container:
            if recorded_at is not None:
                container.metadata["creation_time"] = recorded_at
            stream = _video_stream(container, kind, source, kind.crf if crf is None else crf)
            with _Sound.of(source, container, wanted=audio) as sound:
                sink = FrameSink(container, stream, sound)
                yield sink
                sink.finish()


class FrameSink:
    """Takes the frames of a video that is written; see :func:`frame_sink`."""

    def __init__(self, container: OutputContainer, stream: VideoStream, sound: _Sound) -> None:
        self._container = container
        self._stream = stream
        self._sound = sound

    def write(self, frame: Frame, image: Image | None = None) -> None:
        """Writes a frame.

        Args:
            frame: Of the source; it gives the time.
            image: The upright pixels to show, shape (H, W, 3); ``None`` shows the frame's own.
        """
        self._sound.copy_until(frame.time_s)
        self._container.mux(self._stream.encode(self._raw(frame, image)))

    def finish(self) -> None:
        """Writes what is still on its way."""
        self._container.mux(self._stream.encode(None))
        self._sound.copy_until(None)

    def _raw(self, frame: Frame, image: Image | None) -> av.VideoFrame:
        import av  # noqa: PLC0415 - an extra

        if image is None and frame.is_upright:
            shown = frame.raw
        else:
            shown = av.VideoFrame.from_ndarray(frame.image() if image is None else image, "rgb24")
        raw = shown.reformat(
            format=self._stream.codec_context.pix_fmt,
            src_colorspace=known_matrix(shown),
            dst_colorspace=known_matrix(frame.raw),
            dst_color_range=frame.raw.color_range or None,
        )
        raw.pts, raw.time_base = frame.raw.pts, frame.raw.time_base
        raw.pict_type = 0  # the encoder chooses anew
        return raw


def _video_stream(
    container: OutputContainer, kind: _Kind, source: FrameSource, crf: int
) -> VideoStream:
    """The track of the frames, made as the source's is."""
    template, first = source.stream, source.first
    options = {**kind.options, "crf": str(crf)}
    stream = cast("VideoStream", container.add_stream(kind.codec, source.rate, options))
    height, width = source.info.size
    stream.width, stream.height = width, height
    # Colours are stored at half the size, which an odd number of rows or columns does not have.
    stream.pix_fmt = (
        "yuv420p" if kind.codec != "libx264" or not (height % 2 or width % 2) else "yuv444p"
    )
    context = stream.codec_context
    context.time_base = first.time_base or template.time_base or 1 / source.rate
    for name in ("colorspace", "color_range", "color_primaries", "color_trc"):
        setattr(context, name, getattr(first, name))
    aspect = template.sample_aspect_ratio
    if aspect:
        context.sample_aspect_ratio = 1 / aspect if source.orientation.swapped else aspect
    return stream


class _Sound:
    """The sound of a file, handed on packet by packet in step with the frames."""

    def __init__(
        self, packets: Iterator[Packet[Any]], tracks: Mapping[int, Stream], to: OutputContainer
    ) -> None:
        self._packets = packets
        self._tracks = tracks
        self._to = to
        self._next = next(packets, None)

    @classmethod
    @contextmanager
    def of(cls, source: FrameSource, to: OutputContainer, *, wanted: bool) -> Iterator[_Sound]:
        """Opens the source a second time, so that frames may wait without sound piling up."""
        if not (wanted and source.info.audio):
            yield cls(iter(()), {}, to)
            return
        with open_video(source.path) as container:
            streams = container.streams.audio
            try:
                tracks = {one.index: to.add_stream_from_template(one) for one in streams}
            except ValueError as error:
                raise OutputError(
                    f"{source.path}: its sound cannot be copied into this kind of file ({error}); "
                    "write .mkv, or leave the sound out with --no-audio."
                ) from error
            yield cls(container.demux(streams), tracks, to)

    def copy_until(self, time_s: float | None) -> None:
        """Copies what is heard up to a time; ``None`` copies the rest."""
        while self._next is not None:
            packet = self._next
            start = packet.pts if packet.dts is None else packet.dts
            if start is not None and packet.size:  # the last of a track holds nothing
                start_s = float(start * packet.time_base)
                if time_s is not None and start_s > time_s:
                    return
                packet.stream = self._tracks[packet.stream.index]
                self._to.mux(packet)
            self._next = next(self._packets, None)


@contextmanager
def _reported(path: Path) -> Iterator[None]:
    import av  # noqa: PLC0415 - an extra

    try:
        yield
    except av.FFmpegError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror}); check the free space, "
            "or choose another kind of file."
        ) from error
