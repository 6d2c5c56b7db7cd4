"""From a picture of any size to its alpha of that size, on ONNX Runtime; no torch."""
