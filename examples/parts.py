"""The cutout of simple.py from its parts, each of which you may replace with your own."""

from pathlib import Path

from p3m.imaging.compositing import cutout, estimate_foreground
from p3m.imaging.io import read_image, write_picture
from p3m.inference.backend import OnnxBackend
from p3m.inference.predictor import Predictor
from p3m.inference.strategy import Tiled
from p3m.weights.store import find_weights

image = read_image(Path(__file__).with_name("portrait.jpg"))  # (H, W, 3), uint8
backend = OnnxBackend(find_weights("p3mnet-lite"), threads=2)  # or the path of any ONNX file
predictor = Predictor(backend, Tiled())  # or Hybrid(), Resize(), your own
alpha = predictor(image)  # (H, W), float32 in [0, 1]
write_picture("cutout.png", cutout(estimate_foreground(image, alpha), alpha), overwrite=True)
