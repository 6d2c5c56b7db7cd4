"""ViTAE-S as P3M-Net uses it: convolutions and attention side by side in each cell."""
