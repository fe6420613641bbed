"""Measures of how similar two pictures are: arrays in, floats out."""
