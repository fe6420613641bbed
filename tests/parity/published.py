"""The published packages, as today's Python can still import them."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

import pytest
from torchvision.transforms import functional

_MISSING = "torchvision.transforms.functional_tensor"


def published(name: str) -> ModuleType:
    """A module of a package in requirements-parity.txt.

    Skips the calling test module on Python 3.13 and later, where basicsr does not build. On older versions a missing
    package is an error: parity that is silently not tested is worth nothing.
    """
    if sys.version_info >= (3, 13):
        pytest.skip("basicsr does not build on Python 3.13 and later", allow_module_level=True)
    if _MISSING not in sys.modules:  # torchvision dropped it in 0.17; basicsr wants one function of it
        stand_in = ModuleType(_MISSING)
        stand_in.rgb_to_grayscale = functional.rgb_to_grayscale  # type: ignore[attr-defined]
        sys.modules[_MISSING] = stand_in
    return importlib.import_module(name)
