"""Faces that stay visible in a video whose detector blinks, with memory and speed.

    python benchmarks/video_privacy.py --data PACK
    python benchmarks/video_privacy.py --data PACK --size 480x854 --seconds 2 --sheet sheet.png

People of a portrait pack walk, sway and pass each other before a background that moves. Where their
faces are is known in each frame from the pack's face masks. CenterFace is wrapped so that it drops
three findings in ten, and now and then everything for up to the tracker's gap. A frame counts as
uncovered if less than 90 % of a face's visible pixels are covered in the file that was written;
a face counts in a frame if at least a tenth of it is visible. To see what is covered, the run that
is checked paints places in one colour; time and memory are those of another run, with blur.
"""

import argparse
import csv
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import PIL.Image
from numpy.typing import NDArray
from result_file import Case, case, write_result
from speed import peak_rss_bytes

from p3m.imaging.io import read_alpha, read_image
from p3m.imaging.sheet import contact_sheet
from p3m.imaging.types import Image, Mask
from p3m.imaging.video import frame_source
from p3m.pipelines.anonymize_plan import AnonymizeSettings, PlacedJob
from p3m.pipelines.anonymize_video import MOST_GAP, SIDES_PX, VideoAnonymizer
from p3m.privacy.centerface import CenterFace
from p3m.privacy.contract import Effect, Face
from p3m.privacy.effects import GaussianBlur
from p3m.privacy.keep import Exemptions
from p3m.privacy.review import ReviewSheets

RATE = 25
COVERED = 0.9
VISIBLE = 0.1
DROPPED = 0.3
BURST = 0.02
PAINT = (255, 0, 255)
PAINTED = 90
HEIGHTS = (0.85, 0.6, 0.42)


def main() -> None:
    """Makes the videos, runs the pipeline on each in processes of its own, checks, writes."""
    options = parse()
    if options.child:
        run(options)
        return
    cases = []
    with tempfile.TemporaryDirectory() as folder:
        for seconds in options.seconds:
            stage = Stage.of(options.data, parse_size(options.size), options.seed)
            video = Path(folder) / f"{seconds}s.mp4"
            stage.write(video, seconds * RATE)
            cases += measured(video, seconds, stage, options)
    settings = {
        "size": options.size, "rate": RATE, "covered": COVERED, "visible": VISIBLE,
        "seed": options.seed, "dropped": DROPPED, "burst": BURST, "burst_frames": MOST_GAP,
        "threads": options.threads, "fail_secure": options.fail_secure,
        "sides_px": list(SIDES_PX),
    }  # fmt: skip
    print(write_result("video-privacy", cases, settings=settings, machine=options.machine))


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the portrait pack's folder")
    parser.add_argument("--size", default="1080x1920", help="HEIGHTxWIDTH")
    parser.add_argument("--seconds", type=int, nargs="+", default=[5, 20])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fail-secure", action="store_true", help="as the command's option")
    parser.add_argument("--machine", help="what it runs on, for the file's name")
    parser.add_argument("--sheet", type=Path, help="takes frames of the painted video")
    parser.add_argument("--child", choices=["paint", "blur"], help=argparse.SUPPRESS)
    parser.add_argument("--files", type=Path, nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def parse_size(text: str) -> tuple[int, int]:
    """Height and width."""
    height, width = map(int, text.split("x"))
    return height, width


def measured(
    video: Path, seconds: int, stage: "Stage", options: argparse.Namespace
) -> Iterator[Case]:
    """The cases of one video."""
    painted, blurred = (video.with_stem(f"{video.stem}-{kind}") for kind in ("paint", "blur"))
    told = child("paint", video, painted, options)
    frames = seconds * RATE
    coverage = [stage.coverage(n, image) for n, image in enumerate(images_of(painted))]
    if len(coverage) != frames:
        raise SystemExit(f"{painted} has {len(coverage)} frames, not {frames}.")
    uncovered = [n for n, shares in enumerate(coverage) if min(shares, default=1.0) < COVERED]
    shares = [share for one in coverage for share in one]
    yield case(
        f"uncovered frames, {seconds} s", "frames", [len(uncovered)],
        frames=frames, faces=len(shares), least_covered=round(min(shares), 4),
        frames_with_dropped_findings=told["dropped_frames"], findings_dropped=told["dropped"],
        first_uncovered=uncovered[0] if uncovered else "none",
    )  # fmt: skip
    told = child("blur", video, blurred, options)
    yield case(f"peak memory, {seconds} s", "MB", [told["peak_mb"]])
    yield case(f"speed, {seconds} s", "frames/s", [frames / told["seconds"]])
    print(
        f"{seconds:3} s: {len(uncovered)} of {frames} frames uncovered, least {min(shares):.3f}; "
        f"peak {told['peak_mb']:.0f} MB, {frames / told['seconds']:.1f} frames/s",
        flush=True,
    )
    if options.sheet:
        write_sheet(painted, blurred, options.sheet)


def child(kind: str, source: Path, target: Path, options: argparse.Namespace) -> dict[str, Any]:
    """One run of the pipeline in a process of its own."""
    command = [sys.executable, __file__, "--child", kind, "--files", str(source), str(target)]
    command += ["--data", str(options.data), "--threads", str(options.threads)]
    command += ["--seed", str(options.seed), *["--fail-secure"] * options.fail_secure]
    output = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    told: dict[str, Any] = json.loads(output)
    return told


def run(options: argparse.Namespace) -> None:
    """Anonymizes one video, and prints what it took as JSON."""
    source, target = options.files
    detector = BlinkingDetector(
        CenterFace(sides_px=SIDES_PX, threads=options.threads), options.seed
    )
    effect: Effect = Paint() if options.child == "paint" else GaussianBlur()
    anonymizer = VideoAnonymizer(
        AnonymizeSettings(threads=options.threads, fail_secure=options.fail_secure),
        effect,
        {"name": options.child},
        exempt=Exemptions(),
        sheets=ReviewSheets(lambda *_: None),
        detector=detector,
    )
    start = time.perf_counter()
    job = PlacedJob(source=source, place=Path(source.name), target=target)
    anonymizer.run(job, lambda *_: None)
    took = time.perf_counter() - start
    told = {"seconds": took, "peak_mb": round(peak_rss_bytes() / 1e6, 1)}
    told |= {"dropped": detector.dropped, "dropped_frames": detector.dropped_frames}
    print(json.dumps(told))


class BlinkingDetector:
    """A detector that drops findings at random, by a seed, and at times all for many frames.

    Attributes:
        dropped: How many findings were dropped.
        dropped_frames: In how many frames.
    """

    name = "blinking centerface"

    def __init__(self, detector: CenterFace, seed: int) -> None:
        self._detector = detector
        self._random = np.random.default_rng(seed)
        self._shut = 0
        self._open = 0
        self.dropped = 0
        self.dropped_frames = 0

    def __call__(self, image: Image) -> tuple[Face, ...]:
        """What is left of the faces in a picture."""
        faces = self._detector(image)
        if self._shut == 0 and self._open > 2 and self._random.random() < BURST:
            self._shut = int(self._random.integers(2, MOST_GAP + 1))
        if self._shut:
            # Findings that drop by themselves right beside a burst would make a longer gap of it.
            self._shut, self._open = self._shut - 1, 0
            left: tuple[Face, ...] = ()
        else:
            self._open += 1
            drops = self._open > 2 and self._shut == 0
            left = tuple(f for f in faces if not drops or self._random.random() >= DROPPED)
        self.dropped += len(faces) - len(left)
        self.dropped_frames += len(left) < len(faces)
        return left


class Paint:
    """Covers places with one colour, which no picture of the pack has."""

    def __call__(self, image: Image, region: Mask) -> Image:
        """A painted copy."""
        painted = image.copy()
        painted[region] = PAINT
        return painted


@dataclass(frozen=True, eq=False)
class Person:
    """Someone who moves: colours, alpha and face, cut to the person, at their height."""

    image: NDArray[np.float32]
    alpha: NDArray[np.float32]
    face: Mask


@dataclass(frozen=True, eq=False)
class Stage:
    """What is to be seen in each frame, from its number alone.

    Attributes:
        people: From the nearest to the farthest.
        background: Wider and higher than a frame.
        size: Of a frame.
    """

    people: tuple[Person, ...]
    background: Image
    size: tuple[int, int]

    @classmethod
    def of(cls, data: Path, size: tuple[int, int], seed: int) -> "Stage":
        """Three people of the pack and one background, chosen by the seed."""
        random = np.random.default_rng(seed)
        with (data / "manifest.csv").open(encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if usable(row, data)]
        people: list[Person] = []
        for index in random.permutation(len(rows)):
            person = read_person(data, rows[index]["name"], HEIGHTS[len(people)] * size[0])
            if person is not None:
                people.append(person)
            if len(people) == len(HEIGHTS):
                break
        backgrounds = sorted((data / "backgrounds").iterdir())
        background = read_image(backgrounds[random.integers(len(backgrounds))])
        wide = (round(size[1] * 1.3), round(size[0] * 1.2))
        return cls(tuple(people), cv2.resize(background, wide).astype(np.uint8), size)

    def places(self, number: int) -> list[tuple[int, int]]:
        """Left and top of each person: they sway, walk, stop, and pass each other."""
        height, width = self.size
        time_s = number / RATE
        ways = ((0.30, 0.9, 0.10), (0.42, 0.55, 0.38), (0.55, 1.3, 0.30))
        found = []
        for person, (middle, speed, reach) in zip(self.people, ways, strict=True):
            across = middle + reach * math.sin(speed * time_s) + 0.02 * math.sin(5 * time_s)
            down = 0.02 * height * math.sin(4 * speed * time_s)
            left = round(across * width - person.alpha.shape[1] / 2)
            found.append((left, round(height - 0.97 * person.alpha.shape[0] + down)))
        return found

    def frame(self, number: int) -> tuple[Image, list[Mask]]:
        """The picture, and the visible part of each face."""
        height, width = self.size
        room = self.background.shape[0] - height, self.background.shape[1] - width
        top = round(room[0] * (0.5 + 0.5 * math.sin(0.4 * number / RATE)))
        left = round(room[1] * (0.5 + 0.5 * math.cos(0.3 * number / RATE)))
        picture = self.background[top : top + height, left : left + width].astype(np.float32)
        faces: list[Mask] = []
        places = self.places(number)
        for person, place in reversed(list(zip(self.people, places, strict=True))):
            alpha = shifted(person.alpha, place, self.size)
            image = shifted(person.image, place, self.size)
            picture += alpha[..., None] * (image - picture)
            faces = [face & (alpha < 0.5) for face in faces]
            faces.append(shifted(person.face.astype(np.float32), place, self.size) > 0.5)
        return np.rint(picture).astype(np.uint8), faces

    def coverage(self, number: int, painted: Image) -> list[float]:
        """Of each face that is visible, the share that is covered."""
        distance = np.abs(painted.astype(np.int16) - np.array(PAINT)).max(axis=2)
        covered = distance <= PAINTED
        wholes = [int(person.face.sum()) for person in reversed(self.people)]
        return [
            float(covered[face].mean())
            for face, whole in zip(self.frame(number)[1], wholes, strict=True)
            if face.sum() >= VISIBLE * whole
        ]

    def write(self, path: Path, frames: int) -> None:
        """The video, with a tone."""
        with av.open(str(path), "w") as container:
            stream: Any = container.add_stream("libx264", RATE, {"crf": "16"})
            stream.height, stream.width = self.size
            stream.pix_fmt = "yuv420p"
            sound: Any = container.add_stream("aac", rate=48_000)
            for number in range(frames):
                frame = av.VideoFrame.from_ndarray(self.frame(number)[0], "rgb24")
                container.mux(stream.encode(frame))
                container.mux(sound.encode(tone(number)))
            container.mux(stream.encode(None))
            container.mux(sound.encode(None))


def tone(number: int) -> av.AudioFrame:
    """The sound of one frame."""
    count = 48_000 // RATE
    at = np.arange(number * count, (number + 1) * count)
    wave = 0.2 * np.sin(at * (2 * np.pi * 440 / 48_000))
    frame = av.AudioFrame.from_ndarray(wave[None].astype(np.float32), "fltp", "mono")
    frame.sample_rate, frame.pts = 48_000, number * count
    return frame


def usable(row: dict[str, str], data: Path) -> bool:
    """Whether a portrait has one face, and a mask of it."""
    return row["faces"] == "1" and (data / "facemask" / f"{row['name']}.png").is_file()


def read_person(data: Path, name: str, height: float) -> Person | None:
    """A person of the pack, cut out, so high; nobody where the alpha holds no whole face."""
    image = read_image(next((data / "portraits").glob(f"{name}.*")))
    alpha, face = (
        read_alpha(next((data / folder).glob(f"{name}.*"))) for folder in ("alpha", "facemask")
    )
    if (
        image.shape[:2] != alpha.shape
        or alpha.shape != face.shape
        or alpha[face > 0.5].mean() < 0.95
    ):
        return None
    rows, columns = (np.nonzero((alpha > 0.5).any(axis=axis))[0] for axis in (1, 0))
    cut = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    scale = height / (rows[-1] + 1 - rows[0])
    size = max(1, round((columns[-1] + 1 - columns[0]) * scale)), max(1, round(height))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = [
        cv2.resize(np.ascontiguousarray(part[cut], np.float32), size, interpolation=method)
        for part in (image, alpha, face)
    ]
    return Person(small[0], small[1], small[2] > 0.5)


def shifted(
    part: NDArray[np.float32], place: tuple[int, int], size: tuple[int, int]
) -> NDArray[np.float32]:
    """A part of a person on an empty frame."""
    matrix = np.array([[1, 0, place[0]], [0, 1, place[1]]], np.float64)
    return cv2.warpAffine(part, matrix, size[::-1], flags=cv2.INTER_NEAREST).astype(np.float32)


def images_of(path: Path) -> Iterator[Image]:
    """The frames of a file."""
    with frame_source(path) as source:
        for frame in source:
            yield frame.image()


def write_sheet(painted: Path, blurred: Path, path: Path) -> None:
    """Some frames of both videos on one page."""
    pictures, captions = [], []
    for video in (painted, blurred):
        with frame_source(video) as source:
            every = max(1, (source.info.frames or 1) // 10)
            chosen = [frame for n, frame in enumerate(source) if n % every == 0]
        pictures += [frame.image(480) for frame in chosen[:10]]
        captions += [f"{video.stem} {frame.time_s:.2f}" for frame in chosen[:10]]
    page = contact_sheet(pictures, captions, columns=5, cell_px=300)
    PIL.Image.fromarray(page).save(path)


if __name__ == "__main__":
    main()
