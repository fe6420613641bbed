"""Argument types for argparse."""

import argparse
import math
from collections.abc import Callable
from typing import TypeAlias

# Quoted: argparse's class takes no type argument when the program runs.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def number(low: int, high: int, kind: type[int] | type[float] = float) -> Callable[[str], float]:
    """A type for argparse: a number within bounds."""

    def parse(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            what = "a whole number" if kind is int else "a number"
            raise argparse.ArgumentTypeError(f"{text} is not {what} between {low} and {high}")
        return value

    return parse
