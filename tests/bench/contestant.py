"""A minimal contestant."""

from __future__ import annotations

import sys

from bench.worker import Commands


def commands(step: int) -> Commands:
    total = [0]

    def add(times: int = 1) -> dict[str, int]:
        sys.stdout.write("this is not an answer\n")
        total[0] += step * times
        return {"total": total[0]}

    def fail() -> None:
        sys.stderr.write("what went wrong\n")
        raise RuntimeError("on purpose")

    return {"add": add, "fail": fail}
