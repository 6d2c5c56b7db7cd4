"""The losses of portrait matting, and their weighted sum."""
