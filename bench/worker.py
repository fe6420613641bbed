"""One contestant in a process of its own: `python -m bench.worker MODULE '{"option": …}'`.

MODULE has a function `commands(**options)` that loads what is needed, once, and gives functions by name. Then each
line on stdin is a JSON object, the name of one of them under `command` and its arguments; its result is one JSON line
on stdout. The first line on stdout, `{"ready": true}`, says that everything is loaded. Whatever goes wrong ends the
process.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import IO, Any, TypeAlias

Commands: TypeAlias = Mapping[str, Callable[..., Any]]


def serve(commands: Commands, requests: Iterable[str], answers: IO[str]) -> None:
    """Obey until there are no more requests."""
    for line in requests:
        request = json.loads(line)
        name = request.pop("command")
        say(answers, commands[name](**request))


def say(answers: IO[str], result: Any) -> None:
    """One JSON line."""
    answers.write(json.dumps(result) + "\n")
    answers.flush()


def main(arguments: list[str]) -> int:
    """Load the contestant and serve it."""
    module, options = arguments
    # What packages print goes to stderr from here on: it must not look like an answer.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    commands: Commands = importlib.import_module(module).commands(**json.loads(options))
    say(answers, {"ready": True})
    serve(commands, sys.stdin, answers)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
