"""What a video file says beside its frames and its sound: places, dates, names, sensors."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer
    from av.video.stream import VideoStream

_TECHNICAL = frozenset(
    {
        "major_brand", "minor_version", "compatible_brands", "language", "vendor_id", "duration",
        "bps", "number_of_frames", "number_of_bytes", "_statistics_writing_app",
        "_statistics_writing_date_utc", "_statistics_tags", "alpha_mode",
    }
)  # fmt: skip
"""Tags that say how the file is stored."""

_FFMPEG_OWN = ("Lavf", "Lavc", "VideoHandler", "SoundHandler")
_DATES = frozenset({"creation_time", "com.apple.quicktime.creationdate", "date", "year"})
_KINDS = {"subtitle": "subtitles", "data": "data", "attachment": "attachments", "video": "pictures"}


def find_video_metadata(container: InputContainer, main: VideoStream) -> tuple[str, ...]:
    """The groups of metadata that an open video holds, sorted.

    ===============  ==========================================================================
    ``tags``         title, artist, camera, software, handler names, comments
    ``date``         when it was recorded
    ``gps``          where it was recorded
    ``xmp``          Adobe's packet: history, names, places
    ``chapters``     titles within the video
    ``subtitles``    what is said, as text
    ``data``         tracks of sensors, such as the place at each second, and time codes
    ``attachments``  files within the file: fonts, pictures
    ``pictures``     covers and further video tracks, which may show the face
    ===============  ==========================================================================

    Nothing of these is ever copied: what p3m writes holds frames and sound alone, so that what
    FFmpeg does not know of is gone too.

    Args:
        container: The open file.
        main: The video track that is read.
    """
    groups = set(_groups(container.metadata))
    for stream in container.streams:
        groups.update(_groups(stream.metadata))
        if stream.index != main.index and stream.type in _KINDS:
            groups.add(_KINDS[stream.type])
    if container.chapters():
        groups.add("chapters")
    return tuple(sorted(groups))


def recorded_at(container: InputContainer) -> str | None:
    """When a video was recorded, as its container says: ``"2026-11-21T07:30:00.000000Z"``."""
    return container.metadata.get("creation_time") or None


def _groups(tags: dict[str, str]) -> Iterator[str]:
    for key, value in tags.items():
        name = key.lower()
        if "location" in name or "gps" in name or name in {"xyz", "geo"}:
            yield "gps"
        elif name in _DATES:
            yield "date"
        elif name == "xmp":
            yield "xmp"
        elif name not in _TECHNICAL and not value.startswith(_FFMPEG_OWN):
            yield "tags"
