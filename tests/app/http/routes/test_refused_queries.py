"""Query parameters where nothing reads them: refused by name, except on pages."""

from __future__ import annotations

from contextlib import closing

import pytest

from app.work import admission
from tests import images
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.http.routes.refusals import assert_refused
from tests.app.server import (
    ENHANCE,
    LIVE,
    MULTIPART,
    PATIENCE,
    READY,
    STATUS,
    UPSCALE,
    Likeness,
    answer_on,
    eventually,
    head_of,
    serving,
)

CONFIG, HEALTH, MODELS, METRICS = "/api/v1/config", "/api/v1/health", "/api/v1/models", "/metrics"


@pytest.mark.parametrize("path", [ENHANCE, UPSCALE])
def test_fields_in_the_query_beside_a_form_are_refused_by_name(likeness: Likeness, path: str) -> None:
    response = likeness.client.post(f"{path}?upscale_factor=4", files={"file": samples.small_face()})
    sentence = assert_refused(response, 422, "unknown_parameter", "parameters")
    assert sentence == "upscale_factor is no query parameter here: all fields belong in the form."
    response = likeness.client.post(f"{path}?output_format=jpeg&upscale_faktor", files={"file": samples.small_face()})
    sentence = assert_refused(response, 422, "unknown_parameter", "parameters")
    assert sentence == "output_format and upscale_faktor are no query parameters here: all fields belong in the form."


def test_a_query_beside_a_form_is_refused_before_the_form_is_read(likeness: Likeness) -> None:
    with closing(likeness.connect()) as connection:
        connection.sendall(head_of(f"{ENHANCE}?strength=1", {"Content-Type": MULTIPART, "Content-Length": 5_000_000}))
        assert answer_on(connection).startswith(b"HTTP/1.1 422 ")


def test_a_query_beside_a_form_takes_no_place_in_the_queue(fakes: FakeModels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "UPLOAD_S", PATIENCE)
    head = head_of(ENHANCE, {"Content-Type": MULTIPART, "Content-Length": 5_000_000})
    with serving(fakes, slots=1, queue_size=0) as server, closing(server.connect()) as arriving:
        arriving.sendall(head)
        eventually(lambda: server.app.state.service.admission._arriving)
        for path, status in ((ENHANCE, 503), (f"{ENHANCE}?strength=1", 422)):
            assert server.client.post(path, files={"file": b"x"}).status_code == status


def test_a_query_without_names_is_refused_too(likeness: Likeness) -> None:
    sentence = assert_refused(likeness.client.get(f"{CONFIG}?=1"), 422, "unknown_parameter", "parameters")
    assert sentence == '"" is no query parameter here: this address takes none.'


@pytest.mark.parametrize("path", [CONFIG, STATUS, MODELS, HEALTH, LIVE, READY, METRICS])
def test_an_address_that_takes_no_query_refuses_one(likeness: Likeness, path: str) -> None:
    sentence = assert_refused(likeness.client.get(f"{path}?verbose=1"), 422, "unknown_parameter", "parameters")
    assert sentence == "verbose is no query parameter here: this address takes none."
    assert likeness.client.get(f"{path}?").status_code == 200


def test_a_warm_up_and_a_head_request_take_no_query_either(likeness: Likeness) -> None:
    assert_refused(likeness.client.post(f"{MODELS}/warmup?times=2"), 422, "unknown_parameter", "parameters")
    assert likeness.client.head(f"{LIVE}?x=1").status_code == 422


def test_the_sentence_about_many_query_parameters_is_short(likeness: Likeness) -> None:
    query = "&".join(f"{'x' * 200}{number}" for number in range(100))
    sentence = assert_refused(likeness.client.get(f"{CONFIG}?{query}"), 422, "unknown_parameter", "parameters")
    assert len(sentence) < 600
    assert "and 95 more are no query parameters here" in sentence


@pytest.mark.parametrize("path", ["/docs", "/docs/static/swagger-ui.css", "/openapi.json"])
def test_a_page_may_have_any_query(likeness: Likeness, path: str) -> None:
    assert likeness.client.get(f"{path}?v=1").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/api/v1/nothing", 404), ("GET", ENHANCE, 405), ("POST", CONFIG, 405)]
)
def test_a_query_does_not_hide_that_an_address_or_a_method_is_wrong(
    likeness: Likeness, method: str, path: str, status: int
) -> None:
    assert likeness.client.request(method, f"{path}?x=1").status_code == status


def test_an_empty_query_beside_a_form_is_none(likeness: Likeness) -> None:
    files = {"file": images.png(images.gradient())}
    assert likeness.client.post(f"{UPSCALE}?", files=files).status_code == 200
