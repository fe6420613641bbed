"""How alike two pictures are: arrays in, floats out."""
