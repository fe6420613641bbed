"""The contestants of the benchmark: the plan of a run, and the workers that it needs."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from bench.workers import Worker

Name: TypeAlias = Literal["published", "likeness", "embedded"]

TITLES: Mapping[str, str] = {"published": "published", "likeness": "Likeness", "embedded": "Likeness, embedded models"}
PACKAGES = ("gfpgan", "realesrgan", "basicsr", "facexlib")


@dataclass(frozen=True)
class Plan:
    """Settings of a run of the benchmark. `weights_dir` was written by `bench.weights`.

    `device` is cpu or cuda. `photos` is the folder for the contestants' input files. `published` says whether the
    published tools are measured.
    """

    weights_dir: Path
    photos: Path
    device: str
    repetitions: int
    published: bool

    @property
    def environment(self) -> dict[str, str]:
        """Variables for every worker. On a CPU they hide all GPUs: the published tools use any GPU that they find."""
        return {"CUDA_VISIBLE_DEVICES": ""} if self.device == "cpu" else {}


def published_installed() -> bool:
    """Whether the published packages are installed; one of them does not build on Python 3.13 and later."""
    return all(importlib.util.find_spec(name) is not None for name in PACKAGES)


@contextmanager
def started(
    plan: Plan, names: Sequence[Name], environment: Mapping[str, str] | None = None, precision: str = "auto"
) -> Iterator[dict[str, Worker]]:
    """Start workers in the order of `names`; yields them by name, loaded. The published ones only if the plan has them.

    `precision` is Likeness's setting. Raises `WorkerDied`.
    """
    shared = {"weights_dir": str(plan.weights_dir), "device": plan.device}
    kinds: dict[Name, tuple[str, dict[str, Any]]] = {
        "published": ("bench.published", shared),
        "likeness": ("bench.likeness", {**shared, "models": "official", "precision": precision}),
        "embedded": ("bench.likeness", {**shared, "models": "embedded", "precision": precision}),
    }
    wanted = [name for name in names if name != "published" or plan.published]
    with ExitStack() as stack:
        workers = {}
        for name in wanted:
            module, options = kinds[name]
            workers[str(name)] = stack.enter_context(
                Worker(name, module, options, plan.environment | dict(environment or {}))
            )
        yield workers
