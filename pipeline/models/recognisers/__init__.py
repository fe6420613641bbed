"""Recognisers: a face in, its identity embedding out."""
