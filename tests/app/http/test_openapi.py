"""Answers to generated requests, valid and invalid, match the OpenAPI document."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import partial
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import negative_data_rejection

from app.application import create_app
from app.http.answer_type import PICTURES
from app.settings import Settings
from tests import containers, images
from tests.app.fakes import FakeModels
from tests.app.server import Likeness, serving

EXAMPLES = int(os.environ.get("EXAMPLES", "25"))  # for each operation
PICTURE = images.gradient(24, 16)
PHOTOS = {
    "image/png": images.png,
    "image/jpeg": images.jpeg,
    "image/webp": images.webp,
    "image/tiff": images.tiff,
    "image/bmp": partial(images.saved, file_format="BMP"),
    "image/gif": images.gif,
    "image/avif": containers.avif,
    "image/heic": containers.heic,
}
for media_type, make in PHOTOS.items():
    schemathesis.openapi.media_type(media_type, st.just(make(PICTURE)))

# A valid form may get 422 for a model that this server does not offer, two sizes, a location without metadata,
# or an output too large for its format, and 413 for an output of too many pixels. Most ids are of no job: 404.
# Nobody is an operator: 403.
EXPECTED = {"positive_data_acceptance": {"expected-statuses": ["2xx", 403, 404, 413, 422]}}
CONFIG = schemathesis.Config.from_dict({"checks": EXPECTED})


DOCUMENT = create_app(Settings(models="embedded", device="cpu")).openapi()
schema = schemathesis.openapi.from_dict(DOCUMENT, config=CONFIG)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Likeness]:
    folder = tmp_path_factory.mktemp("data")
    with serving(FakeModels(), max_output_megapixels=1, data_dir=folder) as likeness:  # a larger output takes seconds
        yield likeness


def is_harmless(name: str, value: object) -> bool:
    """Whether a value that its schema forbids is encoded in a form like a value that it allows.

    A blank field counts as omitted, a list of one item is encoded like the item, and 1 and 0 are accepted booleans.
    """
    if isinstance(value, list):
        return len(value) < 2
    return value == "" or (name in ("metrics", "require_face") and value in (0, 1))


@schema.parametrize()
@settings(max_examples=EXAMPLES, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_answers_match_the_document(case: schemathesis.Case, server: Likeness) -> None:
    harmless = isinstance(case.body, dict) and any(is_harmless(*field) for field in case.body.items())
    case.call_and_validate(
        base_url=str(server.client.base_url), excluded_checks=[negative_data_rejection] if harmless else []
    )


@pytest.fixture(scope="module")
def operations() -> dict[str, dict[str, Any]]:
    """Each operation of the document under its id."""
    return {operation["operationId"]: operation for path in DOCUMENT["paths"].values() for operation in path.values()}


@pytest.mark.parametrize(
    ("operation", "statuses"),
    [
        *((name, "200 304 400 401 403 406 408 413 415 421 422 429 500 503 504") for name in ("enhance", "upscale")),
        *((name, "200 400 413 421 422 500") for name in ("config", "models")),
        ("status", "200 400 413 421 422 500 503"),
        ("submit_job", "200 202 400 403 404 408 413 415 421 422 429 500 503"),
        ("submit_batch", "202 400 403 404 408 413 415 421 422 429 500 503"),
        *((name, "200 400 404 413 421 422 500 503") for name in ("list_jobs", "get_job", "get_batch")),
        *((name, "200 400 403 404 413 421 422 500 503") for name in ("cancel_job", "cancel_batch")),
        *((name, "204 400 403 404 413 421 422 500 503") for name in ("delete_job", "delete_batch")),
        ("get_job_result", "200 206 303 304 400 404 409 413 415 416 421 422 500 503 504"),
        ("get_job_preview", "200 206 304 400 404 409 413 415 416 421 422 500 503 504"),
        ("get_job_report", "200 206 304 400 404 409 413 415 416 421 422 500 503 504"),
        ("get_batch_results", "200 400 404 409 413 421 422 500 503"),
        *((name, "200 400 413 421 422 500 503") for name in ("live", "ready", "health")),
        ("cleanup", "200 400 403 404 409 413 421 422 500 503"),
        ("warmup", "200 400 403 413 421 422 429 500 503 504"),
    ],
)
def test_every_answer_is_listed(operations: dict[str, dict[str, Any]], operation: str, statuses: str) -> None:
    responses = operations[operation]["responses"]
    assert sorted(responses) == statuses.split()
    own_503 = {"live": "Liveness", "ready": "Readiness", "health": "Health"}
    for status, response in responses.items():
        if status >= "400":
            shape = own_503.get(operation, "ErrorResponse") if status == "503" else "ErrorResponse"
            assert response["content"] == {"application/json": {"schema": {"$ref": f"#/components/schemas/{shape}"}}}


def test_no_operation_is_left_out(operations: dict[str, dict[str, Any]]) -> None:
    health, server = {"live", "ready", "health"}, {"status", "config", "models", "warmup", "cleanup"}
    of_jobs = {"submit_job", "list_jobs", "get_job", "follow_job", "cancel_job", "delete_job"}
    results = {"get_job_result", "get_job_preview", "get_job_report"}
    batches = {"submit_batch", "get_batch", "get_batch_results", "cancel_batch", "delete_batch"}
    assert set(operations) == {"enhance", "upscale"} | health | server | of_jobs | results | batches


def test_no_form_field_may_be_null() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    for name in ("EnhanceForm", "UpscaleForm", "JobForm", "BatchForm"):
        assert "null" not in str(schemas[name])
    assert schemas["EnhanceForm"]["properties"]["identity_threshold"]["minimum"] == -1


def test_the_document_has_the_schema_of_face_overrides() -> None:
    field = DOCUMENT["components"]["schemas"]["EnhanceForm"]["properties"]["face_overrides"]
    assert (field["type"], field["contentMediaType"]) == ("string", "application/json")
    assert "data.faces" in field["description"]
    held = jsonschema_rs.validator_for(field["contentSchema"])
    assert held.is_valid(json.loads(field["examples"][0]))
    for wrong in ([], {"left": 1}, {"00": 1}, {"0": 2}, {"0": "1"}, {"0": True}):
        assert not held.is_valid(wrong)


def test_the_document_has_the_schema_of_face_boxes() -> None:
    field = DOCUMENT["components"]["schemas"]["EnhanceForm"]["properties"]["face_boxes"]
    assert (field["type"], field["contentMediaType"]) == ("string", "application/json")
    assert "at most 64 boxes" in field["description"]
    held = jsonschema_rs.validator_for(field["contentSchema"])
    assert held.is_valid(json.loads(field["examples"][0]))
    assert held.is_valid([])
    for wrong in ({}, [0, 0, 20, 20], [[0, 0, 20]], [[0, 0, 20, "20"]], [[0, 0, 20, 20]] * 65):
        assert not held.is_valid(wrong)


def test_the_document_has_the_accepted_image_types(operations: dict[str, dict[str, Any]]) -> None:
    form = operations["enhance"]["requestBody"]["content"]["multipart/form-data"]
    for field in ("file", "reference"):
        assert set(form["encoding"][field]["contentType"].split(", ")) == set(PHOTOS)


def test_the_document_has_the_events_of_a_stream(operations: dict[str, dict[str, Any]]) -> None:
    for operation in ("enhance", "upscale"):
        content = operations[operation]["responses"]["200"]["content"]
        assert set(content) == {"application/json", "text/event-stream", *PICTURES}
        events = {
            shape["properties"]["event"]["const"]: shape["properties"]["data"]
            for shape in content["text/event-stream"]["schema"]["oneOf"]
        }
        assert {name: sorted(data.get("properties", ())) for name, data in events.items()} == {
            "queued": ["position", "seconds"],
            "plan": ["seconds", "stages_s"],
            "sending": ["bytes"],
            "stage": ["fraction", "stage"],
            "result": [],
            "error": ["code", "error", "request_id", "retry_after", "stage", "status"],
        }
        documents = events["result"]["anyOf"]
        assert documents == content["application/json"]["schema"]["anyOf"]
        names = [document["$ref"].rpartition("/")[2] for document in documents]
        assert names == ["EnhanceResponse", "DryRunResponse"]
        assert set(names) <= set(DOCUMENT["components"]["schemas"])
