"""The training loop and its parts: settings in, checkpoints and curves out."""
