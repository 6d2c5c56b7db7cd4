"""Trained networks as ONNX files, proven to agree with their source."""
