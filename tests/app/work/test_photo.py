"""The work on a photo without a server: `restore_photo`, `read`, `compute` and `finish`."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import PIL.ExifTags
import PIL.Image
import pytest
from PIL.PngImagePlugin import PngImageFile

from app.options import OutputOptions
from app.settings import PhotoLimits
from app.work.errors import MemoryLow
from app.work.memory import photo_bytes, reference_bytes
from app.work.order import Order
from app.work.photo import LEAST_WORKING_BYTES, compute, finish, read, restore_photo
from pipeline.errors import OutputFormatLimit, ReferenceMismatch, TooManyPixels
from pipeline.options import EnhanceOptions
from pipeline.run import Run
from pipeline.types import FileTags
from tests import images
from tests.app import samples
from tests.app.fakes import FakeModels

ROOT = Path(__file__).parents[3]
PHOTO = images.png(images.gradient())  # 48 × 32
LIMITS = PhotoLimits(max_input_pixels=1_000_000, max_output_megapixels=10)


def order(**changes: Any) -> Order:
    options = EnhanceOptions(**changes.pop("options", {}))
    output = OutputOptions(**changes.pop("output", {}))
    return replace(Order("enhance", PHOTO, None, options, output), **changes)


class Claims:
    """A claim that records its bytes and raises `MemoryLow` beyond `free` bytes."""

    def __init__(self, free: float = float("inf")) -> None:
        self.free = free
        self.bytes: list[int] = []

    def __call__(self, needed: int) -> None:
        self.bytes.append(needed)
        if needed > self.free:
            raise MemoryLow(needed, int(self.free))


@pytest.fixture
def undecodable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail the test if the pixels of a PNG are decoded."""
    monkeypatch.setattr(PngImageFile, "load", lambda _: pytest.fail("it was decoded"))


def test_restore_photo_returns_picture_and_report(fakes: FakeModels) -> None:
    finished = restore_photo(order(), fakes(), LIMITS, Run())
    report = finished.report
    assert samples.opened(finished.picture.data).size == (report.width, report.height) == (96, 64)
    assert finished.photo_pixels == 48 * 32
    assert [face.action for face in report.faces] == ["restored"]
    assert report.metrics is not None
    assert (report.metrics.lpips, report.metrics.reference) == (0.25, "input")
    assert report.models["perceptual"] == "fake-perceptual"
    assert list(report.timings_ms) == [
        *("decode", "detection", "alignment", "restoration", "identity", "upscaling", "blending", "metrics", "encode")
    ]
    assert report.warning is None


def test_without_metrics_none_are_computed(fakes: FakeModels) -> None:
    report = restore_photo(order(output={"metrics": False}), fakes(), LIMITS, Run()).report
    assert report.metrics is None
    assert "metrics" not in report.timings_ms
    assert "perceptual" not in report.models


def test_read_compute_and_finish_give_the_picture_of_restore_photo(fakes: FakeModels) -> None:
    models, run, one = fakes(), Run(), order()
    source = read(one, models, LIMITS, Claims(), run)
    parts = finish(one, source, compute(one, source, models, run), models, run, time.perf_counter())
    assert parts.picture == restore_photo(one, models, LIMITS, Run()).picture


def test_an_upscaled_photo_has_no_faces(fakes: FakeModels) -> None:
    assert restore_photo(order(task="upscale"), fakes(), LIMITS, Run()).report.faces == []
    assert fakes.detector.calls == 0


@pytest.mark.usefixtures("undecodable")
@pytest.mark.parametrize(
    ("changes", "limits", "error"),
    [
        ({}, replace(LIMITS, max_input_pixels=48 * 32 - 1), TooManyPixels),
        ({}, replace(LIMITS, max_output_megapixels=96 * 64 / 1e6 - 1e-9), TooManyPixels),
        ({"options": {"width": 4_000}}, LIMITS, TooManyPixels),
        ({"options": {"upscale_factor": 8}}, replace(LIMITS, max_output_megapixels=0.098), TooManyPixels),
        (
            {"file": images.png(np.zeros((1, 9000, 3), np.uint8)), "output": {"output_format": "webp"}},
            LIMITS,
            OutputFormatLimit,
        ),
    ],
)
def test_too_many_pixels_or_too_wide_an_output_is_refused_before_decoding(
    fakes: FakeModels, changes: dict[str, Any], limits: PhotoLimits, error: type[Exception]
) -> None:
    claims = Claims()
    with pytest.raises(error):
        read(order(**changes), fakes(), limits, claims, Run())
    assert claims.bytes == []


@pytest.mark.usefixtures("undecodable")
def test_too_little_memory_is_refused_before_decoding(fakes: FakeModels) -> None:
    with pytest.raises(MemoryLow):
        read(order(), fakes(), LIMITS, Claims(free=1000), Run())


FOR_FACES = {"detector", "restorer", "parser", "recogniser"}


@pytest.mark.parametrize(
    ("changes", "used"),
    [
        ({}, FOR_FACES | {"upscaler", "perceptual"}),
        ({"output": {"metrics": False}}, FOR_FACES | {"upscaler"}),
        ({"output": {"metrics": False}, "options": {"background": "resample"}}, FOR_FACES),
        ({"output": {"metrics": False}, "task": "upscale"}, {"upscaler"}),
        ({"task": "upscale", "options": {"background": "resample"}}, {"perceptual"}),
        ({"output": {"metrics": False}, "task": "upscale", "options": {"background": "resample"}}, set()),
    ],
)
def test_memory_is_claimed_for_the_models_that_are_used(
    fakes: FakeModels, changes: dict[str, Any], used: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for model in (*FOR_FACES, "upscaler", "perceptual"):
        claims = Claims()
        with monkeypatch.context() as patch:
            patch.setattr(getattr(fakes, model), "working_bytes", 2_000_000_000)
            read(order(**changes), fakes(), LIMITS, claims, Run())
        others = fakes.working_bytes if used - {model} else LEAST_WORKING_BYTES
        working = 2_000_000_000 if model in used else max(others, LEAST_WORKING_BYTES)
        assert claims.bytes == [photo_bytes(48 * 32, 96 * 64, working)], model


def test_memory_is_claimed_for_the_reference_and_metrics_compare_with_it(fakes: FakeModels) -> None:
    claims = Claims()
    with_reference = order(reference=PHOTO)
    read(with_reference, fakes(), LIMITS, claims, Run())
    assert claims.bytes[1] == reference_bytes(48 * 32)
    report = restore_photo(with_reference, fakes(), LIMITS, Run()).report
    assert report.metrics is not None
    assert report.metrics.reference == "upload"


def test_a_reference_of_other_proportions_is_refused(fakes: FakeModels) -> None:
    other = images.png(images.gradient(48, 24))
    with pytest.raises(ReferenceMismatch, match="proportions"):
        restore_photo(order(reference=other), fakes(), LIMITS, Run())


def test_a_worker_does_not_import_fastapi_starlette_or_uvicorn() -> None:
    code = "import sys, app.work.photo, app.work.service; print({'fastapi', 'starlette', 'uvicorn'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "set()"


def test_the_metadata_of_the_reference_is_not_used(fakes: FakeModels) -> None:
    exif = PIL.Image.Exif()
    exif[PIL.ExifTags.Base.Make] = "Canon"
    described = images.png(images.gradient(), exif=exif, dpi=(300, 300))
    keep = {"metadata": "keep", "keep_location": True}
    source = read(order(reference=described, output=keep), fakes(), LIMITS, Claims(), Run())
    assert source.tags == FileTags()
    source = read(order(file=described, reference=PHOTO, output=keep), fakes(), LIMITS, Claims(), Run())
    assert b"Canon" in source.tags.exif
    assert source.tags.density is not None


def test_damaged_metadata_is_a_warning_where_it_was_asked_for(fakes: FakeModels) -> None:
    damaged = images.with_chunks(PHOTO, images.chunk(b"eXIf", b"II*\0"))
    asked = restore_photo(order(file=damaged, output={"metadata": "keep"}), fakes(), LIMITS, Run()).report
    assert [warning.code for warning in asked.warnings] == ["metadata_dropped"]
    assert restore_photo(order(file=damaged), fakes(), LIMITS, Run()).report.warnings == []
