"""Workers as the benchmark uses them: start a process, send it commands, detect that it died."""

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
EXIT_TIMEOUT = 30.0  # seconds for a worker to end by itself
ERROR_CHARACTERS = 4000  # the end of a dead worker's stderr, for the error message


class WorkerDied(Exception):
    """A contestant's process ended too early; the message has the end of its stderr."""


class Worker:
    """A process that runs `bench.worker` with a module. A context manager: the process ends with the block."""

    def __init__(
        self, name: str, module: str, options: Mapping[str, Any], environment: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self._stderr = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("LIKENESS_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.worker", module, json.dumps(dict(options))],
            cwd=ROOT,
            env=inherited | dict(environment or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> Worker:
        self._answer()  # {"ready": true}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # the process has died
            self._process.stdin.close()
        try:
            self._process.wait(EXIT_TIMEOUT if error is None else 0.1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._stderr.close()

    def ask(self, command: str, **arguments: Any) -> Any:
        """The result of one command. Raises `WorkerDied`."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # the process has died, which `_answer` reports
            self._process.stdin.write(json.dumps({"command": command, **arguments}) + "\n")
            self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            return json.loads(line)
        status = self._process.wait()
        self._stderr.seek(0)
        raise WorkerDied(f"{self.name} ended with status {status}:\n{self._stderr.read()[-ERROR_CHARACTERS:]}")


def in_turns(
    workers: Mapping[str, Worker], repetitions: int, command: str, **arguments: Any
) -> dict[str, list[dict[str, Any]]]:
    """Run a command `repetitions` times, each time in one worker after the other; the answers by the workers' names."""
    answers: dict[str, list[dict[str, Any]]] = {name: [] for name in workers}
    for _ in range(repetitions):
        for name, worker in workers.items():
            answers[name].append(worker.ask(command, **arguments))
    return answers
