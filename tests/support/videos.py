"""Small videos made on the spot, with a tone for sound."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from support.images import encoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

RATE = 25
SOUND_RATE = 48_000
_TICK = Fraction(1, 600)


def write_video(
    path: Path,
    images: Iterable[NDArray[np.uint8]],
    *,
    times_s: Sequence[float] | None = None,
    codec: str = "libx264",
    sound: str | None = "aac",
    rotation: int | None = None,
    mirrored: bool = False,
    tags: dict[str, str] | None = None,
    title: str | None = None,
    **context: Any,
) -> Path:
    """Writes a video.

    Args:
        path: The file; its suffix says the container.
        images: Shape (H, W, 3) each, all of one size.
        times_s: When each is shown; 25 in a second if not given.
        codec: FFmpeg's name of the encoder.
        sound: FFmpeg's name of the sound's encoder; ``None`` for a silent video.
        rotation: Degrees of the display matrix.
        mirrored: Whether the display matrix mirrors.
        tags: Of the file.
        title: Of a chapter over the whole length.
        **context: Further values of the encoder, such as ``colorspace``.
    """
    pictures = list(images)
    height, width = pictures[0].shape[:2]
    with av.open(str(path), "w") as container:
        container.metadata.update(tags or {})
        if title is not None:
            chapter: Any = {"id": 1, "start": 0, "end": 10, "time_base": Fraction(1)}
            chapter["metadata"] = {"title": title}
            container.set_chapters([chapter])
        stream: Any = container.add_stream(codec, rate=RATE)
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuv444p" if height % 2 or width % 2 else "yuv420p"
        stream.codec_context.time_base = Fraction(1, RATE) if times_s is None else _TICK
        for name, value in context.items():
            setattr(stream.codec_context, name, value)
        if rotation is not None or mirrored:
            stream.set_display_rotation(rotation or 0, hflip=mirrored)
        track: Any = container.add_stream(sound, rate=SOUND_RATE) if sound else None
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(
                format=stream.pix_fmt,
                dst_colorspace=context.get("colorspace"),
                dst_color_range=context.get("color_range"),
            )
            frame.time_base = stream.codec_context.time_base
            frame.pts = number if times_s is None else round(times_s[number] / _TICK)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if track is not None:
            _write_tone(container, track, len(pictures) / RATE)
    return path


def write_jpeg_video(path: Path, images: Iterable[NDArray[np.uint8]]) -> Path:
    """Writes a silent video of JPEG pictures, 25 in a second, each of its own size.

    Args:
        path: The file; its suffix says the container.
        images: Shape (H, W, 3) each; the first one's size is the track's.
    """
    pictures = list(images)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("mjpeg", rate=RATE)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuvj420p"
        for number, picture in enumerate(pictures):
            packet = av.Packet(encoded(picture, "JPEG", quality=95))
            packet.stream, packet.time_base = stream, Fraction(1, RATE)
            packet.pts = packet.dts = number
            container.mux(packet)
    return path


def _write_tone(container: Any, track: Any, seconds: float) -> None:
    tone = 0.3 * np.sin(np.arange(round(seconds * SOUND_RATE)) * (2 * np.pi * 440 / SOUND_RATE))
    for start in range(0, len(tone), 960):
        part = np.ascontiguousarray(tone[None, start : start + 960], np.float32)
        frame = av.AudioFrame.from_ndarray(part, "fltp", "mono")
        frame.sample_rate, frame.pts = SOUND_RATE, start
        container.mux(track.encode(frame))
    container.mux(track.encode(None))


def sound_of(path: Path) -> list[tuple[float, bytes]]:
    """The packets of the first sound track: when each is heard, and its bytes."""
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return []
        return [
            (float(packet.pts * packet.time_base), bytes(packet))
            for packet in container.demux(container.streams.audio[0])
            if packet.pts is not None
        ]


def tags_of(path: Path) -> dict[str, str]:
    """All tags of the file and its tracks, in one."""
    with av.open(str(path)) as container:
        tags = dict(container.metadata)
        for stream in container.streams:
            tags.update(stream.metadata)
        return tags
