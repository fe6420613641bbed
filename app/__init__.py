"""The service: HTTP and the command line around the pipeline and the metrics."""
