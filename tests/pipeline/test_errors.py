from __future__ import annotations

import inspect

import pytest

from pipeline import errors
from pipeline.errors import InputError, PipelineError

CLASSES = [
    item for _, item in inspect.getmembers(errors, inspect.isclass) if issubclass(item, PipelineError)
]  # fmt: skip


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_carries_a_sentence_and_a_stage(kind: type[PipelineError]) -> None:
    error = kind("It did not work.", stage="decode")
    assert str(error) == error.message == "It did not work."
    assert error.stage == "decode"
    assert kind("It did not work.").stage is None


def test_codes_are_unique_and_fit_for_programs() -> None:
    codes = [kind.code for kind in CLASSES]
    assert len(set(codes)) == len(codes)
    assert all(code.replace("_", "").isalpha() and code == code.lower() for code in codes)


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = {line.strip(" │├└─") for line in (errors.__doc__ or "").splitlines() if "Error" in line or "─" in line}
    assert {kind.__name__ for kind in CLASSES} <= drawn


def test_what_the_caller_can_mend_is_an_input_error() -> None:
    mendable = {kind.__name__ for kind in CLASSES if issubclass(kind, InputError)}
    assert {"BrokenImage", "NoFaceDetected", "TooManyPixels", "UnknownFace", "UnsupportedMediaType"} <= mendable
    assert mendable.isdisjoint({"StageFailed", "DeviceOutOfMemory", "Cancelled", "DeadlineExceeded"})
