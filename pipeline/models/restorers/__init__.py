"""Restorers: an aligned face in, a better one out."""
