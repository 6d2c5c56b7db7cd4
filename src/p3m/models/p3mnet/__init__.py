"""P3M-Net as its papers have it, one box of the figure a file; it loads the published weights."""
