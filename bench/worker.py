"""One contestant in a process of its own: `python -m bench.worker MODULE '{"option": …}'`.

MODULE has a function `commands(**options)` that loads the models and returns functions by name. The worker then writes
`{"ready": true}` to stdout. Each line on stdin is a JSON object: under `command` the name of a function, beside it the
arguments. The function's result is written to stdout as one JSON line. An exception ends the process.
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
    """Run the commands in `requests` (JSON lines), and write each result to `answers`."""
    for line in requests:
        request = json.loads(line)
        name = request.pop("command")
        write_line(answers, commands[name](**request))


def write_line(answers: IO[str], result: Any) -> None:
    """Write the result as one JSON line."""
    answers.write(json.dumps(result) + "\n")
    answers.flush()


def main(arguments: list[str]) -> int:
    """Load the contestant, then run its commands until stdin ends."""
    module, options = arguments
    # From here on the packages' own output to stdout goes to stderr, so that it is not taken for an answer.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    commands: Commands = importlib.import_module(module).commands(**json.loads(options))
    write_line(answers, {"ready": True})
    serve(commands, sys.stdin, answers)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
