"""P3M-Net's design re-thought for a plain CPU, one box of the figure a file."""
