"""The orchestrator's side of a worker: start it, ask it, notice its death."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 30.0  # seconds for a worker to end by itself
TOLD = 4000  # characters at the end of what a dead worker said


class WorkerDied(Exception):
    """A contestant ended before it should; the message has the end of what it said."""


class Worker:
    """A process that runs `bench.worker` with a module; as a context manager it ends with the block."""

    def __init__(
        self, name: str, module: str, options: Mapping[str, Any], environment: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self._said = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("LIKENESS_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.worker", module, json.dumps(dict(options))],
            cwd=ROOT,
            env=inherited | dict(environment or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> Worker:
        self._answer()  # that it is ready
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it is dead already
            self._process.stdin.close()
        try:
            self._process.wait(PATIENCE if error is None else 0.1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._said.close()

    def ask(self, command: str, **arguments: Any) -> Any:
        """The result of one command. Raises `WorkerDied`."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # then there is no answer either
            self._process.stdin.write(json.dumps({"command": command, **arguments}) + "\n")
            self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            return json.loads(line)
        status = self._process.wait()
        self._said.seek(0)
        raise WorkerDied(f"{self.name} ended with status {status}:\n{self._said.read()[-TOLD:]}")


def in_turns(
    workers: Mapping[str, Worker], repetitions: int, command: str, **arguments: Any
) -> dict[str, list[dict[str, Any]]]:
    """Ask every worker the same, one after the other, as often as wanted; the answers by the workers' names."""
    answers: dict[str, list[dict[str, Any]]] = {name: [] for name in workers}
    for _ in range(repetitions):
        for name, worker in workers.items():
            answers[name].append(worker.ask(command, **arguments))
    return answers
