"""Training of `portrait-face`, the embedded face restorer."""
