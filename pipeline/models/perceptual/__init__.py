"""Perceptual models: how different two pictures look."""
