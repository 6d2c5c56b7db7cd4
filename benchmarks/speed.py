"""Time and memory from an encoded picture to its alpha, at five sizes, each in a fresh process.

    python benchmarks/speed.py
    python benchmarks/speed.py --strategy tiled --size 6000x4000

The pictures are made from examples/portrait.jpg, cut to 2:3 and resampled, as JPEG in memory. The
process that measures reads one from its standard input, so its peak memory is the picture's own.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path

from PIL import Image
from result_file import Case, case, write_result

PORTRAIT = Path(__file__).parent.parent / "examples" / "portrait.jpg"
CROP = (230, 0, 763, 800)
SIZES = ("612x408", "1620x1080", "2448x1632", "4242x2828", "6000x4000")
JPEG_QUALITY = 92


def main() -> None:
    """Measures each size in a process of its own and writes the result file."""
    options = parse()
    if options.child:
        measure(options)
        return
    cases = []
    for size in options.size or SIZES:
        cases.append(run(size, options))
        summary, facts = cases[-1].summary, cases[-1].facts
        print(
            f"{size:>10} {facts['megapixels']:6.2f} Mpx  "
            f"median {summary['median']:6.0f} ms  min {summary['min']:6.0f} ms  "
            f"{facts['ms_per_megapixel']:5.0f} ms/Mpx  peak {facts['peak_rss_mb']:5.0f} MB",
            flush=True,
        )
    settings = {
        name: getattr(options, name) for name in ("model", "strategy", "threads", "runs", "warmup")
    }
    print(write_result("speed", cases, settings=settings, machine=options.machine))


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="p3mnet-lite")
    parser.add_argument("--strategy", default="tiled")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--size", action="append", help="HEIGHTxWIDTH; may be given again")
    parser.add_argument("--machine", help="what it runs on, for the file's name")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def run(size: str, options: argparse.Namespace) -> Case:
    """One size, measured in a process of its own."""
    height, width = map(int, size.split("x"))
    command = [sys.executable, __file__, "--child"]
    for name in ("model", "strategy", "threads", "runs", "warmup"):
        command += [f"--{name}", str(getattr(options, name))]
    child = subprocess.run(
        command, input=encoded_portrait(height, width), stdout=subprocess.PIPE, check=True
    )
    measured = json.loads(child.stdout)
    megapixels = height * width / 1e6
    median = statistics.median(measured["ms"])
    return case(
        size,
        "ms",
        measured["ms"],
        megapixels=round(megapixels, 4),
        ms_per_megapixel=round(median / megapixels, 2),
        peak_rss_mb=round(measured["peak_rss_mb"], 1),
        jpeg_bytes=measured["jpeg_bytes"],
    )


def measure(options: argparse.Namespace) -> None:
    """Mattes what standard input holds, again and again, and prints times and peak as JSON."""
    import p3m  # noqa: PLC0415 -- the parent stays small

    encoded = sys.stdin.buffer.read()
    predict = p3m.load_predictor(options.model, strategy=options.strategy, threads=options.threads)
    milliseconds = []
    for _ in range(options.warmup + options.runs):
        start = time.perf_counter()
        predict(p3m.read_image(encoded))
        milliseconds.append(round(1e3 * (time.perf_counter() - start), 3))
    measured = {
        "ms": milliseconds[options.warmup :],
        "peak_rss_mb": peak_rss_bytes() / 1e6,
        "jpeg_bytes": len(encoded),
    }
    print(json.dumps(measured))


def peak_rss_bytes() -> int:
    """The most memory that this process has held.

    Read where Linux keeps it for the program alone: `ru_maxrss` starts at what the parent held.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def encoded_portrait(height: int, width: int) -> bytes:
    """The example portrait at that size, as the bytes of a JPEG file."""
    with Image.open(PORTRAIT) as picture:
        resized = picture.crop(CROP).resize((width, height), Image.Resampling.BICUBIC)
    file = BytesIO()
    resized.save(file, format="JPEG", quality=JPEG_QUALITY)
    return file.getvalue()


if __name__ == "__main__":
    main()
