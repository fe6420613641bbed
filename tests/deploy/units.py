"""Amounts with units, as configuration files write them."""

from __future__ import annotations

import re

_FACTORS = {"": 1.0, "ms": 0.001, "s": 1.0, "k": 2.0**10, "m": 2.0**20, "g": 2.0**30}


def amount_of(text: str) -> float:
    """Bytes or seconds of `10304k`, `3g`, `190s`, `500ms`."""
    match = re.fullmatch(r"(\d+)([a-z]*)", text)
    assert match is not None, text
    return float(match[1]) * _FACTORS[match[2]]
