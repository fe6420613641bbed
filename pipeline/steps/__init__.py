"""The steps of the pipeline, one module for each. Steps do not import each other."""
