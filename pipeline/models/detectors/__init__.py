"""Detectors: a photo in, faces with landmarks out."""
