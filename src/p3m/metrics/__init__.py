"""Scores of one predicted alpha matte against the true one, in NumPy."""
