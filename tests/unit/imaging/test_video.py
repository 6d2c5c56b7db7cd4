"""Videos frame by frame, and written anew."""

import os
import signal
import subprocess
import sys
import textwrap
from fractions import Fraction

import av
import numpy as np
import pytest

from p3m.core.errors import (
    ConfigError,
    ImageTooLargeError,
    InputError,
    MissingExtraError,
    OutputError,
    VideoDecodeError,
)
from p3m.imaging import video
from p3m.imaging.video import frame_source
from p3m.imaging.video_sink import WRITTEN_SUFFIXES, frame_sink
from support.images import encoded
from support.videos import sound_of, tags_of, write_jpeg_video, write_video

SIZE = (48, 64)
PRIVATE = {
    "title": "A Name",
    "location": "+48.0000+011.0000/",
    "creation_time": "2024-05-01T10:00:00.000000Z",
}


def picture(number=0, size=SIZE):
    """A corner of its own colour on grey, brighter with the number."""
    image = np.full((*size, 3), 60 + 5 * (number % 30), np.uint8)
    image[: size[0] // 2, : size[1] // 2] = (220, 40, 30)
    return image


def clip(path, count=10, size=SIZE, **options):
    return write_video(path, [picture(number, size) for number in range(count)], **options)


def frames_of(path):
    with frame_source(path) as source:
        return source.info, [(frame.time_s, frame.image()) for frame in source]


def rewrite(path, target, *, change=False, **options):
    with frame_source(path) as source, frame_sink(target, source, **options) as sink:
        for frame in source:
            sink.write(frame, frame.image() if change else None)
    return target


def corner(image):
    """Where the red corner is."""
    red = image[..., 0].astype(int) - image[..., 1] > 60
    rows, columns = np.nonzero(red)
    below, right = rows.mean() > image.shape[0] / 2, columns.mean() > image.shape[1] / 2
    return ("bottom" if below else "top") + " " + ("right" if right else "left")


class TestSource:
    def test_a_file_is_described(self, tmp_path):
        info, frames = frames_of(clip(tmp_path / "a.mp4", tags=PRIVATE, title="Chapter"))
        assert (info.size, info.rate, info.frames, info.audio) == (SIZE, 25.0, 10, 1)
        assert info.seconds == pytest.approx(0.4)
        assert set(info.metadata) >= {"chapters", "date", "gps", "tags"}
        assert info.recorded_at == PRIVATE["creation_time"]
        assert [time_s for time_s, _ in frames] == pytest.approx(np.arange(10) / 25)
        assert np.abs(frames[3][1][-1, -1].astype(int) - 75).max() <= 3

    def test_a_smaller_copy_keeps_the_aspect(self, tmp_path):
        with frame_source(clip(tmp_path / "a.mp4")) as source:
            frame = next(iter(source))
            assert frame.image(32).shape == (24, 32, 3)
            assert frame.image(999).shape == (*SIZE, 3)

    @pytest.mark.parametrize(
        ("rotation", "mirrored", "place", "size"),
        [
            (None, False, "top left", SIZE),
            (90, False, "bottom left", SIZE[::-1]),
            (180, False, "bottom right", SIZE),
            (-90, False, "top right", SIZE[::-1]),
            (None, True, "top right", SIZE),
        ],
    )
    def test_frames_come_upright(self, tmp_path, rotation, mirrored, place, size):
        path = clip(tmp_path / "a.mp4", rotation=rotation, mirrored=mirrored)
        info, frames = frames_of(path)
        assert info.size == size == frames[0][1].shape[:2]
        assert corner(frames[0][1]) == place
        if not mirrored:  # FFmpeg counts its angle against the clock
            raw = next(av.open(str(path)).decode(video=0))
            turned = np.rot90(raw.to_ndarray(format="rgb24"), raw.rotation // 90)
            assert corner(turned) == place

    @pytest.mark.parametrize("size", [(96, 128), (24, 32), (48, 32)])
    def test_frames_of_another_size_come_in_that_of_the_first(self, tmp_path, size):
        images = [picture(), picture(), picture(size=size), picture(size=size)]
        info, frames = frames_of(write_jpeg_video(tmp_path / "a.mkv", images))
        assert info.size == SIZE
        for time_s, image in frames:
            assert image.shape == (*SIZE, 3)
            assert np.abs(image[:20, :26].astype(int) - (220, 40, 30)).mean() < 10, time_s
            assert np.abs(image[28:, 38:].astype(int) - 60).mean() < 5, time_s
        assert [time_s for time_s, _ in frames] == pytest.approx(np.arange(4) / 25)

    def test_a_slanted_video_is_refused(self, tmp_path):
        with pytest.raises(VideoDecodeError, match="part of a quarter"):
            frames_of(clip(tmp_path / "a.mp4", rotation=30))

    def test_too_many_pixels_are_refused(self, tmp_path):
        path = clip(tmp_path / "a.mp4")
        with pytest.raises(ImageTooLargeError), frame_source(path, max_pixels=100):
            pass

    def test_what_is_no_video_is_refused(self, tmp_path):
        (tmp_path / "text.mp4").write_text("no video")
        with pytest.raises(VideoDecodeError, match=r"text\.mp4: not a video, or damaged"):
            frames_of(tmp_path / "text.mp4")
        with pytest.raises(InputError, match=r"none\.mp4: cannot be read"):
            frames_of(tmp_path / "none.mp4")
        (tmp_path / "cut.mp4").write_bytes(clip(tmp_path / "a.mp4").read_bytes()[:900])
        with pytest.raises(VideoDecodeError):
            frames_of(tmp_path / "cut.mp4")

    def test_sound_alone_is_no_video(self, tmp_path):
        path = tmp_path / "sound.mp4"
        with av.open(str(path), "w") as container:
            track = container.add_stream("aac", rate=48_000)
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            frame.sample_rate = 48_000
            container.mux(track.encode(frame))
            container.mux(track.encode(None))
        with pytest.raises(VideoDecodeError, match="holds no video"):
            frames_of(path)

    def test_a_missing_extra_is_named(self, tmp_path, monkeypatch):
        def missing(extra, feature, *_):
            raise MissingExtraError(feature, extra)

        monkeypatch.setattr(video, "require_extra", missing)
        with pytest.raises(MissingExtraError, match=r'pip install "p3m\[video\]"'):
            frames_of(tmp_path / "a.mp4")


def decoding_times(path):
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.dts is not None]
        return [float(packet.dts * packet.time_base) for packet in packets][-3:]


class TestSink:
    @pytest.mark.parametrize("change", [False, True])
    @pytest.mark.parametrize(
        ("name", "codec", "sound"),
        [
            ("a.mp4", "libx264", "aac"),
            ("a.m4v", "libx264", "aac"),
            ("a.mov", "libx264", "alac"),
            ("a.mkv", "ffv1", "libmp3lame"),
            ("a.webm", "libvpx-vp9", "libopus"),
            ("a.avi", "mpeg4", "libmp3lame"),
        ],
    )
    def test_pixels_times_and_sound_stay(self, tmp_path, name, codec, sound, change):
        path = clip(tmp_path / name, codec=codec, sound=sound, tags=PRIVATE)
        out = rewrite(path, tmp_path / "out" / name, change=change)
        before, old = frames_of(path)
        after, new = frames_of(out)
        assert (after.size, after.rate, after.audio) == (before.size, before.rate, 1)
        if name != "a.avi":  # it holds the order of decoding only; times are guessed from that
            assert [time_s for time_s, _ in new] == pytest.approx([time_s for time_s, _ in old])
        assert decoding_times(out) == pytest.approx(decoding_times(path), abs=0.1)
        for (_, first), (_, second) in zip(old, new, strict=True):
            assert np.abs(first.astype(int) - second)[2:22, 2:30].mean() < 4
        assert [data for _, data in sound_of(out)] == [data for _, data in sound_of(path)]
        assert after.metadata == ()

    def test_every_kind_of_file_is_tried_above(self):
        assert {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi"} == WRITTEN_SUFFIXES

    def test_a_varying_frame_rate_stays(self, tmp_path):
        times_s = [0, 0.05, 0.2, 0.21, 0.5, 0.55]
        path = clip(tmp_path / "a.mp4", 6, times_s=times_s)
        out = rewrite(path, tmp_path / "b.mp4")
        assert [time_s for time_s, _ in frames_of(out)[1]] == pytest.approx(times_s, abs=1e-3)
        heard = zip(sound_of(path), sound_of(out), strict=True)
        assert all(old[0] == pytest.approx(new[0], abs=1e-3) for old, new in heard)

    @pytest.mark.parametrize("change", [False, True])
    def test_a_turned_video_is_written_upright(self, tmp_path, change):
        path = clip(tmp_path / "a.mov", rotation=90)
        out = rewrite(path, tmp_path / "b.mov", change=change)
        raw = next(av.open(str(out)).decode(video=0))
        assert (raw.height, raw.width, raw.rotation) == (*SIZE[::-1], 0)
        assert corner(frames_of(out)[1][0][1]) == corner(frames_of(path)[1][0][1])

    @pytest.mark.parametrize(("matrix", "extent"), [(1, 1), (1, 2), (5, 1), (6, 1), (9, 1)])
    def test_the_colour_space_stays(self, tmp_path, matrix, extent):
        path = clip(tmp_path / "a.mp4", colorspace=matrix, color_range=extent)
        out = rewrite(path, tmp_path / "b.mp4", change=True)
        raw = next(av.open(str(out)).decode(video=0))
        assert (raw.colorspace, raw.color_range) == (matrix, extent)
        old, new = (frames_of(one)[1][0][1].astype(int) for one in (path, out))
        assert np.abs(old - new)[4:20, 4:28].max() <= 6
        assert np.abs(new[4:20, 4:28] - (220, 40, 30)).max() <= 8

    def test_the_pixel_aspect_stays_and_turns_with_the_video(self, tmp_path):
        def aspect(path):
            with av.open(str(path)) as container:
                return container.streams.video[0].sample_aspect_ratio

        wide = clip(tmp_path / "a.mp4", sample_aspect_ratio=Fraction(4, 3))
        assert aspect(rewrite(wide, tmp_path / "b.mp4")) == aspect(wide)
        turned = clip(tmp_path / "c.mp4", sample_aspect_ratio=Fraction(4, 3), rotation=90)
        assert aspect(rewrite(turned, tmp_path / "d.mp4")) == 1 / aspect(turned)

    def test_odd_sides_stay(self, tmp_path):
        path = clip(tmp_path / "a.mkv", 3, size=(49, 65), codec="ffv1")
        assert frames_of(rewrite(path, tmp_path / "b.mkv"))[0].size == (49, 65)

    def test_nothing_that_is_said_beside_goes_along(self, tmp_path):
        path = clip(tmp_path / "a.mkv", tags=PRIVATE | {"comment": "Ms Name"}, title="Ms Name")
        cover = encoded(picture(), "PNG")
        with av.open(str(path)) as old, av.open(str(tmp_path / "b.mkv"), "w") as new:
            tracks = {s.index: new.add_stream_from_template(s, opaque=True) for s in old.streams}
            new.add_attachment("cover.png", "image/png", cover)
            new.metadata.update(old.metadata)
            new.set_chapters(old.chapters())
            for packet in old.demux():
                if packet.size:
                    packet.stream = tracks[packet.stream.index]
                    new.mux(packet)
        found = frames_of(tmp_path / "b.mkv")[0].metadata
        assert set(found) >= {"chapters", "date", "gps", "tags"}
        assert {"pictures", "attachments"} & set(found)
        out = rewrite(tmp_path / "b.mkv", tmp_path / "c.mkv")
        assert frames_of(out)[0].metadata == ()
        content = out.read_bytes()
        for secret in (b"Name", b"48.0000", b"2024", cover[16:40]):
            assert secret not in content

    def test_the_same_input_gives_the_same_file(self, tmp_path):
        path = clip(tmp_path / "a.mkv", tags=PRIVATE)
        first, second = (rewrite(path, tmp_path / name) for name in ("b.mkv", "c.mkv"))
        assert first.read_bytes() == second.read_bytes()

    def test_sound_can_be_left_out_and_the_date_kept(self, tmp_path):
        path = clip(tmp_path / "a.mp4", tags=PRIVATE)
        date = PRIVATE["creation_time"]
        out = rewrite(path, tmp_path / "b.mp4", audio=False, recorded_at=date)
        assert sound_of(out) == []
        assert tags_of(out)["creation_time"] == date
        assert frames_of(out)[0].metadata == ("date",)

    def test_a_silent_video_stays_silent(self, tmp_path):
        path = clip(tmp_path / "a.mp4", sound=None)
        assert frames_of(rewrite(path, tmp_path / "b.mp4"))[0].audio == 0

    def test_sound_that_does_not_fit_is_told_with_the_cure(self, tmp_path):
        path = clip(tmp_path / "a.mp4")
        with pytest.raises(OutputError, match=r"sound cannot be copied .+ --no-audio"):
            rewrite(path, tmp_path / "b.webm")
        assert list(tmp_path.iterdir()) == [path]

    def test_quality_can_be_chosen(self, tmp_path, rng):
        noise = rng.integers(0, 255, (5, *SIZE, 3), dtype=np.uint8)
        path = write_video(tmp_path / "a.mp4", noise)
        fine, coarse = (rewrite(path, tmp_path / f"{n}.mp4", crf=n) for n in (10, 40))
        assert fine.stat().st_size > 2 * coarse.stat().st_size

    def test_other_containers_are_refused_with_those_there_are(self, tmp_path):
        path = clip(tmp_path / "a.mp4")
        with pytest.raises(ConfigError, match=r"not written as \.ogv; use one of \.avi, .+\.webm"):
            rewrite(path, tmp_path / "b.ogv")

    def test_what_exists_is_replaced_only_when_asked(self, tmp_path):
        path = clip(tmp_path / "a.mp4")
        (tmp_path / "b.mp4").write_bytes(b"old")
        with pytest.raises(OutputError, match="exists already"):
            rewrite(path, tmp_path / "b.mp4")
        rewrite(path, tmp_path / "b.mp4", overwrite=True)
        assert frames_of(tmp_path / "b.mp4")[0].frames == 10

    def test_an_error_leaves_nothing(self, tmp_path):
        path = clip(tmp_path / "a.mp4")
        target = tmp_path / "b.mp4"

        def interrupted():
            with frame_source(path) as source, frame_sink(target, source) as sink:
                for frame in source:
                    sink.write(frame)
                    if frame.time_s > 0.1:
                        raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert list(tmp_path.iterdir()) == [path]

    def test_a_killed_run_leaves_no_video_of_that_name(self, tmp_path):
        path = clip(tmp_path / "a.mp4", 4)
        code = f"""
            import time
            from pathlib import Path
            from p3m.imaging.video import frame_source
            from p3m.imaging.video_sink import frame_sink
            path = Path({str(path)!r})
            with frame_source(path) as source, frame_sink(path.with_name("b.mp4"), source) as sink:
                for frame in source:
                    sink.write(frame)
                print("halfway", flush=True)
                time.sleep(60)
        """
        run = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
        )
        assert run.stdout.readline() == "halfway\n"
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        run.stdout.close()
        assert not (tmp_path / "b.mp4").exists()


def test_frames_and_sound_stay_in_step_over_many(tmp_path):
    """Sound is handed on as frames are, so that a long video never piles up in memory."""
    path = clip(tmp_path / "a.mp4", 100)
    out = rewrite(path, tmp_path / "b.mp4")
    with av.open(str(out)) as container:
        places = [
            (packet.pos, float(packet.dts * packet.time_base), packet.stream.type)
            for packet in container.demux()
            if packet.dts is not None
        ]
    ahead = 0.0
    latest = {"video": 0.0, "audio": 0.0}
    for _, time_s, kind in sorted(places):
        latest[kind] = time_s
        ahead = max(ahead, abs(latest["video"] - latest["audio"]))
    assert ahead < 2.5
