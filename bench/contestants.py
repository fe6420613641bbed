"""Who is measured, and how: a plan, and the workers that it needs."""

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
    """What a run of the benchmark is to do. `weights_dir` is one that `bench.weights` has written.

    `device` is cpu or cuda. `photos` is a folder for the files that contestants are given.
    """

    weights_dir: Path
    photos: Path
    device: str
    repetitions: int
    published: bool

    @property
    def environment(self) -> dict[str, str]:
        """What every worker's environment must say: the published tools take a GPU wherever they see one."""
        return {"CUDA_VISIBLE_DEVICES": ""} if self.device == "cpu" else {}


def published_installed() -> bool:
    """Whether the published packages are there; one of them does not build on Python 3.13 and later."""
    return all(importlib.util.find_spec(name) is not None for name in PACKAGES)


@contextmanager
def started(
    plan: Plan, names: Sequence[Name], environment: Mapping[str, str] | None = None, precision: str = "auto"
) -> Iterator[dict[str, Worker]]:
    """Workers by name, loaded, in this order; without the published tools where they are not installed.

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
