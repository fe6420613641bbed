"""Fuzz one target with atheris: `make fuzz` runs this for each.

A target is a module beside this one with a function `try_bytes`, which must take any bytes; what it raises is a fault.
Its corpus, files that reach different parts of the code, lies in the folder of its name in corpus/.
"""

from __future__ import annotations

import importlib
import logging
import sys

import atheris  # only where `make fuzz` has installed it

# Whose branches guide the fuzzer: our code, and the parsers that it relies on.
INSTRUMENTED = ["app", "pipeline", "PIL", "python_multipart", "starlette.formparsers", "starlette.datastructures"]


def main() -> None:
    """Arguments: the name of the target, then options and corpora of libFuzzer."""
    name = sys.argv.pop(1)
    logging.getLogger("python_multipart").setLevel(logging.ERROR)  # it warns of nearly every input
    with atheris.instrument_imports(include=INSTRUMENTED):
        target = importlib.import_module(f"tests.fuzz.{name}")
    atheris.Setup(sys.argv, target.try_bytes)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
