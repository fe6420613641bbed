from __future__ import annotations

import time

import cv2
import numpy as np
import pytest

from pipeline.errors import DeviceOutOfMemory, NoFaceDetected, StageFailed
from pipeline.run import Run


def test_a_failing_stage_is_timed_too() -> None:
    run = Run()

    def slow_failure() -> None:
        time.sleep(0.01)
        raise ValueError

    with pytest.raises(StageFailed), run.stage("color"):
        slow_failure()
    assert run.timings_ms["color"] >= 10


def test_an_unknown_exception_becomes_stage_failed_with_name_and_cause() -> None:
    cause = ZeroDivisionError("division by zero")
    with pytest.raises(StageFailed) as caught, Run().stage("blending"):
        raise cause
    assert caught.value.stage == "blending"
    assert caught.value.__cause__ is cause
    assert "blending" in caught.value.message
    assert "division" not in caught.value.message  # the inside of the program is no sentence for a person


def test_memory_errors_become_device_out_of_memory() -> None:
    cause = MemoryError()
    with pytest.raises(DeviceOutOfMemory) as caught, Run().stage("upscaling"):
        raise cause
    assert caught.value.stage == "upscaling"
    assert caught.value.__cause__ is cause


def test_memory_that_opencv_lacks_is_out_of_memory_and_its_other_errors_are_not() -> None:
    pixels = np.zeros((4, 4, 3), np.float32)
    with pytest.raises(DeviceOutOfMemory) as caught, Run().stage("upscaling"):
        cv2.resize(pixels, (1_000_000, 1_000_000))  # 12 TB
    assert caught.value.stage == "upscaling"
    with pytest.raises(StageFailed), Run().stage("upscaling"):
        cv2.resize(pixels, (-1, 0))


def test_a_pipeline_error_keeps_its_type_and_gets_the_stage_it_left_open() -> None:
    error = NoFaceDetected("No face.")
    with pytest.raises(NoFaceDetected) as caught, Run().stage("detection"):
        raise error
    assert caught.value is error
    assert caught.value.stage == "detection"


def test_a_pipeline_error_keeps_the_stage_it_names_itself() -> None:
    with pytest.raises(StageFailed) as caught, Run().stage("identity"):
        raise StageFailed("It broke.", stage="models")
    assert caught.value.stage == "models"


def test_what_is_no_error_of_the_program_passes_unchanged() -> None:
    with pytest.raises(KeyboardInterrupt), Run().stage("color"):
        raise KeyboardInterrupt
