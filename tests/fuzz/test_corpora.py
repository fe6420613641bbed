"""Each fuzzing target takes every file of its corpus, without atheris; so that `make fuzz` finds targets that work."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

CORPORA = Path(__file__).parent / "corpus"
TARGETS = sorted(folder.name for folder in CORPORA.iterdir())
MAX_BYTES = 200_000  # of all corpora together: they lie in the repository


def test_every_target_has_a_corpus() -> None:
    modules = {path.stem for path in CORPORA.parent.glob("*.py")}
    assert modules - {"__init__", "runner", "test_corpora"} == set(TARGETS)


def test_the_corpora_are_small() -> None:
    assert sum(file.stat().st_size for file in CORPORA.rglob("*")) < MAX_BYTES


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_takes_its_corpus(target: str) -> None:
    try_bytes = importlib.import_module(f"tests.fuzz.{target}").try_bytes
    files = sorted((CORPORA / target).iterdir())
    assert files
    for data in (b"", *(file.read_bytes() for file in files)):
        try_bytes(data)
