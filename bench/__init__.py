"""Benchmarks: speed and memory compared with the published tools, leaks, overload, identity."""
