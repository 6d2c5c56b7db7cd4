"""Pictures as arrays: files, sizes, trimaps and compositing. NumPy, Pillow and OpenCV; no torch."""
