"""The registry of metrics of one process, with what every process of Likeness says of itself."""

import platform
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Info, PlatformCollector, ProcessCollector

from app.version import VERSION


def process_registry(device: str) -> CollectorRegistry:
    """A new registry with memory, CPU and versions of this process. `device`: the name of what models run on."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    build = {"version": VERSION, "python": platform.python_version(), "torch": version("torch"), "device": device}
    Info("likeness_build", "What runs here", registry=registry).info(build)
    return registry
