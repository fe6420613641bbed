"""Recognisers: a face in, a vector that tells people apart out."""
