"""The JSON document: report and picture in one, whatever the picture's size."""

from __future__ import annotations

import base64
import json
import random
from dataclasses import asdict

import pytest

from app.http.document import BASE64_PIECE, json_document
from app.options import OutputOptions
from app.settings import PhotoLimits
from app.work.order import Order
from app.work.photo import Finished, restore_photo
from pipeline.codec.encode import Encoded
from pipeline.options import EnhanceOptions
from pipeline.run import Run
from tests import images
from tests.app import samples
from tests.app.fakes import FakeModels


@pytest.mark.parametrize("size", [0, 1, BASE64_PIECE - 1, BASE64_PIECE, BASE64_PIECE + 1, 2 * BASE64_PIECE + 2])
def test_the_document_has_the_whole_picture_and_the_report(size: int) -> None:
    picture, run = random.Random(size).randbytes(size), Run()
    body = json_document(Finished(Encoded(picture, "image/png"), samples.report(), 1), run)
    document = json.loads(body)
    assert document["status"] == "success"
    assert base64.b64decode(document["data"].pop("restored_image"), validate=True) == picture
    assert document["data"] == {
        "media_type": "image/png",
        "width": 1,
        "height": 1,
        "metrics": None,
        "faces": [],
        "processing_time_ms": 0,
        "timings_ms": {},
        "models": {},
        "warning": None,
        "warnings": [],
    }
    assert list(run.timings_ms) == ["answer"]


def test_the_data_of_a_restored_photo_is_its_report(fakes: FakeModels) -> None:
    photo, options = images.png(images.gradient()), EnhanceOptions(denoise_strength=0.5)
    order = Order("enhance", photo, photo, options, OutputOptions(output_format="webp"))
    finished = restore_photo(order, fakes(), PhotoLimits(1_000_000, 10), Run())
    data = json.loads(json_document(finished, Run()))["data"]
    assert base64.b64decode(data.pop("restored_image"), validate=True) == finished.picture.data
    assert data == asdict(finished.report)
    assert data["faces"]
    assert data["warnings"]
    assert data["metrics"]["reference"] == "upload"
