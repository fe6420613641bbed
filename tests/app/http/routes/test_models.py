"""`/api/v1/models`: every model and its state, and the warm-up."""

from __future__ import annotations

import logging
import time
from contextlib import closing
from dataclasses import replace

import pytest

from app.http.schemas.state import ModelOut
from pipeline.models.catalogue.registry import REGISTRY
from tests.app.fakes import FakeModels
from tests.app.server import Likeness, eventually, head_of, serving


def test_models_lists_every_model_with_its_state(likeness: Likeness) -> None:
    response = likeness.client.get("/api/v1/models")
    assert response.status_code == 200
    found = {row["name"]: row for row in response.json()}
    assert set(found) == {model.name for model in REGISTRY}
    for row in found.values():
        ModelOut.model_validate(row, strict=True)
        assert set(row) == set(ModelOut.model_fields)
    thresholds = {name: row["threshold"] for name, row in found.items() if row["role"] == "recogniser"}
    assert thresholds == {model.name: model.threshold for model in REGISTRY if model.role == "recogniser"}
    assert {row["threshold"] for row in found.values() if row["role"] != "recogniser"} == {None}
    assert {row["scale"] for row in found.values() if row["role"] != "upscaler"} == {1}
    assert {name for name, row in found.items() if row["in_use"]} == {
        "mtcnn",
        "portrait-face",
        "compact-x2",
        "compact-x4",
        "dlib-resnet",
    }
    assert {name for name, row in found.items() if row["offered"] and not row["in_use"]} == {"compact-face"}
    assert all(row["offered"] for row in found.values() if row["in_use"])
    assert all(row["installed"] for row in found.values() if row["origin"] == "embedded")


def test_a_model_of_the_users_own_has_no_known_size_or_scale(fakes: FakeModels) -> None:
    own = next(model for model in REGISTRY if model.name == "compact-x2")
    own = replace(own, name="mine", origin="own", bytes=None, scale=None)
    with serving(fakes) as server:
        loaded = server.app.state.service.loaded_models
        loaded.selection = replace(loaded.selection, known=(own,))
        (row,) = server.client.get("/api/v1/models").json()
    assert (row["bytes"], row["scale"]) == (0, None)


def test_warmup_returns_the_time_of_each_stage(likeness: Likeness) -> None:
    response = likeness.client.post("/api/v1/models/warmup")
    assert response.status_code == 200
    assert set(response.json()) == {"timings_ms"}
    assert response.json()["timings_ms"].keys() >= {"detection", "restoration", "upscaling"}


def test_warmup_accepts_a_body_that_arrives_late(likeness: Likeness) -> None:
    with closing(likeness.connect()) as connection:
        connection.sendall(head_of("/api/v1/models/warmup", {"Content-Length": 2}))
        time.sleep(0.1)
        connection.sendall(b"{}")
        assert connection.recv(12) == b"HTTP/1.1 200"


def test_a_client_that_disconnects_during_its_body_is_no_failure_of_the_server(
    likeness: Likeness, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "likeness")
    with closing(likeness.connect()) as connection:
        connection.sendall(head_of("/api/v1/models/warmup", {"Content-Length": 2}) + b"{")
    eventually(lambda: any(record.name == "likeness.requests" for record in caplog.records))
    (line,) = [vars(record) for record in caplog.records if record.name == "likeness.requests"]
    assert (line["status"], line["code"], line["stage"]) == (499, "cancelled", "upload")
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
