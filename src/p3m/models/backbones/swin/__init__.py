"""Swin-T as P3M-Net uses it: attention within windows, and among neighbouring windows in turn."""
