"""Official model files, downloaded and checked."""
