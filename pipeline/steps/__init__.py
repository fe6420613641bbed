"""The steps of the pipeline, one module for each. They do not import each other."""
