"""Upscalers: a tile in, a larger one out."""
