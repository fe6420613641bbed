"""Bad requests: each gets its status and says, in one shape, what is wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import httpx
import numpy as np
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.models.runtime.allocator import return_freed_memory
from tests import images
from tests.app import samples
from tests.app.server import BOUNDARY, ENHANCE, MULTIPART, UPSCALE, Likeness, form_body, serving

PICTURE = images.gradient()
MEGABYTE = 10**6


def assert_refused(response: httpx.Response, status: int, code: str, stage: str) -> str:
    """The one shape that every error has; its sentence."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body: dict[str, Any] = response.json()
    assert set(body) == {"error", "stage", "code", "request_id"}
    assert (body["code"], body["stage"]) == (code, stage)
    assert body["request_id"] == response.headers["x-request-id"]
    sentence: str = body["error"]
    assert len(sentence) > 10
    assert sentence.endswith(".")
    assert not {"Traceback", "Error(", "/work", "site-packages"} & set(sentence.split())
    return sentence


@contextmanager
def memory_growth() -> Iterator[list[int]]:
    """By how many bytes the process grew at most while the body ran, watched every few milliseconds."""
    return_freed_memory()  # or what earlier photos left would be used without growing
    process = psutil.Process()
    before, peak, done = process.memory_info().rss, [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.002):
            peak[0] = max(peak[0], process.memory_info().rss - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()


# --- the form ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [ENHANCE, UPSCALE])
@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        pytest.param(samples.small_face(), "image/jpeg", id="the bare photo"),
        pytest.param(b'{"file": ""}', "application/json", id="JSON"),
        pytest.param(b"file=photo", "application/x-www-form-urlencoded", id="form without files"),
        pytest.param(b"", None, id="nothing"),
        pytest.param(form_body({"file": samples.small_face()}), "multipart/form-data", id="no boundary"),
        pytest.param(
            form_body({"file": samples.small_face()}), MULTIPART.replace("form-data", "form-datax"), id="typo"
        ),
        pytest.param(form_body({"file": samples.small_face()}), MULTIPART + "-other", id="another boundary"),
        pytest.param(b"", MULTIPART, id="empty form"),
        pytest.param(images.noise(), MULTIPART, id="random bytes"),
        pytest.param(form_body({"file": samples.small_face()}, closed=False), MULTIPART, id="no end"),
        pytest.param(form_body({"file": samples.small_face(), "strength": "0"})[:-30], MULTIPART, id="cut off"),
        pytest.param(form_body({"file": samples.small_face()})[:700], MULTIPART, id="cut off in the photo"),
        pytest.param(
            f"--{BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(),
            MULTIPART,
            id="a field without a name",
        ),
        pytest.param(form_body({"file": samples.small_face(), "faces": "x" * 2 * MEGABYTE}), MULTIPART, id="long text"),
    ],
)
def test_not_a_well_formed_form(likeness: Likeness, path: str, content: bytes, media_type: str | None) -> None:
    headers = {} if media_type is None else {"Content-Type": media_type}
    response = likeness.client.post(path, content=content, headers=headers)
    assert_refused(response, 400, "malformed_form", "request")


def test_a_form_may_have_an_epilogue(likeness: Likeness) -> None:
    content = form_body({"file": samples.small_face()}) + b"\r\nGoodbye." * 1000
    response = likeness.client.post(UPSCALE, content=content, headers={"Content-Type": MULTIPART})
    assert response.status_code == 200


def test_a_form_may_come_in_crumbs(likeness: Likeness) -> None:
    body = form_body({"file": samples.small_face(), "upscale_factor": "1"})
    crumbs = (body[at : at + 7] for at in range(0, len(body), 7))
    response = likeness.client.post(ENHANCE, content=crumbs, headers={"Content-Type": MULTIPART})
    assert response.status_code == 200
    assert response.json()["data"]["width"] == 96


def test_the_boundary_may_be_quoted(likeness: Likeness) -> None:
    media_type = f'multipart/form-data; charset=utf-8; boundary="{BOUNDARY}"'
    content = form_body({"file": samples.small_face()})
    assert likeness.client.post(UPSCALE, content=content, headers={"Content-Type": media_type}).status_code == 200


@pytest.mark.parametrize("path", [ENHANCE, UPSCALE])
@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({}, "file"),
        ({"file": "a text"}, "file"),
        ({"file": b""}, "file"),
        ({"file": b"x", "reference": "a text"}, "reference"),
        ({"file": b"x", "upscale_faktor": "2"}, "upscale_faktor"),
        ({"file": b"x", "second_file": b"x"}, "second_file"),
        ({"file": b"x", "upscale_factor": "0"}, "upscale_factor"),
        ({"file": b"x", "upscale_factor": "0.99"}, "upscale_factor"),
        ({"file": b"x", "upscale_factor": "5"}, "upscale_factor"),
        ({"file": b"x", "upscale_factor": "-2"}, "upscale_factor"),
        ({"file": b"x", "upscale_factor": "nan"}, "upscale_factor"),
        ({"file": b"x", "upscale_factor": "inf"}, "upscale_factor"),
        ({"file": b"x", "upscale_factor": "two"}, "upscale_factor"),
        ({"file": b"x", "upscale_factor": b"2"}, "upscale_factor"),
        ({"file": b"x", "quality": "0"}, "quality"),
        ({"file": b"x", "quality": "101"}, "quality"),
        ({"file": b"x", "quality": "95.5"}, "quality"),
        ({"file": b"x", "output_format": "gif"}, "output_format"),
        ({"file": b"x", "output_format": "PNG"}, "output_format"),
        ({"file": b"x", "color_correction": "yes"}, "color_correction"),
        ({"file": b"x", "background": "none"}, "background"),
        ({"file": b"x", "metrics": "maybe"}, "metrics"),
    ],
)
def test_bad_parameters(likeness: Likeness, path: str, fields: dict[str, bytes | str], named: str) -> None:
    response = likeness.client.post(path, content=form_body(fields), headers={"Content-Type": MULTIPART})
    assert named in assert_refused(response, 422, "bad_parameter", "parameters")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("strength", "1.5"),
        ("strength", "-0.1"),
        ("strength", "nan"),
        ("strength", "much"),
        ("faces", "some"),
        ("require_face", "perhaps"),
        ("identity_policy", "ignore"),
    ],
)
def test_bad_parameters_about_faces(likeness: Likeness, field: str, value: str) -> None:
    response = likeness.enhance(samples.small_face(), **{field: value})
    assert field in assert_refused(response, 422, "bad_parameter", "parameters")


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("0", "this is no object"),
        ("null", "this is no object"),
        ('[["0", 1]]', "this is no object"),
        ("{'0': 1}", "this is no JSON"),
        (" ", "this is no JSON"),
        ("[" * 4096, "this is no JSON"),
        (b'{"0": 1}', "this is no JSON"),  # as a file
        ('{"-1": 1}', '"-1" is no face index'),
        ('{"left": 1}', '"left" is no face index'),
        ('{"00": 1}', '"00" is no face index'),
        ('{"\\ud800{why}": 1}', '"\\ud800{why}" is no face index'),
        ('{"0": true}', "the strength of face 0 is no number from 0 to 1"),
        ('{"0": "1"}', "the strength of face 0 is no number from 0 to 1"),
        ('{"0": 1, "1": NaN}', "the strength of face 1 is no number from 0 to 1"),
        ('{"0": 1.01}', "the strength of face 0 is no number from 0 to 1"),
        ('{"2": 1, "0": 0, "2": 1}', "face 2 is named twice"),
    ],
)
def test_bad_face_overrides(likeness: Likeness, value: str | bytes, why: str) -> None:
    body = form_body({"file": samples.small_face(), "face_overrides": value})
    response = likeness.client.post(ENHANCE, content=body, headers={"Content-Type": MULTIPART})
    assert assert_refused(response, 422, "bad_parameter", "parameters") == (
        "face_overrides: Input should be a JSON object of face indices and strengths from 0 to 1, "
        f'such as {{"0": 0, "2": 0.5}}; {why}.'
    )


def test_upscale_knows_no_face_overrides(likeness: Likeness) -> None:
    response = likeness.upscale(samples.small_face(), face_overrides='{"0": 0}')
    assert assert_refused(response, 422, "bad_parameter", "parameters") == "face_overrides is no field of this form."


@pytest.mark.parametrize("accept", ["application/json", "image/png"])
def test_an_override_of_a_face_that_is_not_there(likeness: Likeness, accept: str) -> None:
    response = likeness.enhance(samples.small_face(), face_overrides='{"7": 0, "0": 1}', accept=accept)
    sentence = assert_refused(response, 422, "unknown_face", "detection")
    assert sentence == "face_overrides names face 7; this photo has one face, 0."
    response = likeness.enhance(samples.no_face(), face_overrides='{"0": 0}', require_face=False, accept=accept)
    sentence = assert_refused(response, 422, "unknown_face", "detection")
    assert sentence == "face_overrides names face 0; this photo has no face."


def test_every_bad_parameter_is_named(likeness: Likeness) -> None:
    response = likeness.enhance(samples.small_face(), strength=2, quality=0, faces="none")
    sentence = assert_refused(response, 422, "bad_parameter", "parameters")
    assert all(name in sentence for name in ("strength", "quality", "faces"))


def test_very_many_bad_parameters_do_not_make_a_very_long_answer(likeness: Likeness) -> None:
    body = form_body({f"field{number}": "x" for number in range(60)} | {"file": samples.small_face()})
    response = likeness.client.post(ENHANCE, content=body, headers={"Content-Type": MULTIPART})
    sentence = assert_refused(response, 422, "bad_parameter", "parameters")
    assert len(sentence) < 500
    assert sentence.endswith("And 55 more.")


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({f"field{number}": "x" for number in range(1000)}, id="fields"),
        pytest.param({f"file{number}": b"x" for number in range(10)}, id="files"),
        pytest.param({"output_format": "p" * 5000}, id="bytes of a field"),
    ],
)
def test_a_form_with_too_many(likeness: Likeness, parts: dict[str, bytes | str]) -> None:
    """Refused while it is parsed: a thousand of anything costs more than it tells."""
    body = form_body(parts | {"file": samples.small_face()})
    response = likeness.client.post(ENHANCE, content=body, headers={"Content-Type": MULTIPART})
    assert_refused(response, 400, "malformed_form", "request")


@pytest.mark.parametrize("again", [("file", samples.small_face()), ("strength", "1")])
def test_a_field_given_twice(likeness: Likeness, again: tuple[str, bytes | str]) -> None:
    body = form_body({"file": samples.small_face(), "strength": "0"}, closed=False) + form_body(dict([again]))
    response = likeness.client.post(ENHANCE, content=body, headers={"Content-Type": MULTIPART})
    assert again[0] in assert_refused(response, 422, "bad_parameter", "parameters")


def test_a_reference_that_was_not_chosen_is_none(likeness: Likeness) -> None:
    """A browser sends a file input that was left blank as an empty file without a name."""
    body = form_body({"reference": b"", "file": samples.small_face()}).replace(b'"photo.jpg"', b'""', 1)
    assert b'name="reference"; filename=""\r\n\r\n\r\n' in body
    response = likeness.client.post(ENHANCE, content=body, headers={"Content-Type": MULTIPART})
    assert response.status_code == 200, response.text
    assert response.json()["data"]["metrics"]["reference"] == "input"


def test_a_reference_that_is_empty_is_refused(likeness: Likeness) -> None:
    body = form_body({"reference": b"", "file": samples.small_face()})
    response = likeness.client.post(ENHANCE, content=body, headers={"Content-Type": MULTIPART})
    assert "reference" in assert_refused(response, 422, "bad_parameter", "parameters")


def test_what_is_not_there(likeness: Likeness) -> None:
    assert_refused(likeness.client.get("/api/v1/nothing"), 404, "not_found", "request")


@pytest.mark.parametrize(("method", "path"), [("GET", ENHANCE), ("PUT", UPSCALE), ("POST", "/api/v1/status")])
def test_a_method_that_is_not_there(likeness: Likeness, method: str, path: str) -> None:
    assert_refused(likeness.client.request(method, path), 405, "method_not_allowed", "request")


# --- the photo ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(images.noise(), id="random bytes"),
        pytest.param(images.archive(), id="ZIP"),
        pytest.param(images.gif(PICTURE), id="GIF"),
        pytest.param(images.tiff(PICTURE), id="TIFF"),
        pytest.param(b"x", id="one byte"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", id="SVG"),
        pytest.param(b"%PDF-1.7", id="PDF"),
        pytest.param(b"RIFF\x10\0\0\0AVI LIST", id="AVI"),
    ],
)
def test_not_an_accepted_image(likeness: Likeness, file: bytes) -> None:
    assert_refused(likeness.enhance(file), 415, "unsupported_media_type", "decode")


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(images.cut(samples.portrait()), id="cut JPEG"),
        pytest.param(images.cut(images.jpeg(PICTURE, progressive=True)), id="cut progressive JPEG"),
        pytest.param(images.cut(images.png(PICTURE)), id="cut PNG"),
        pytest.param(images.cut(images.webp(PICTURE)), id="cut WebP"),
        pytest.param(images.png(PICTURE)[:8], id="PNG signature alone"),
        pytest.param(b"\xff\xd8\xff", id="JPEG signature alone"),
        pytest.param(images.png(PICTURE).replace(b"IDAT", b"IDAT\0", 1), id="PNG with a byte too many"),
        pytest.param(images.scan_bomb(PICTURE), id="JPEG of 300 scans"),
        pytest.param(images.segment_bomb(PICTURE), id="JPEG of 100,000 segments"),
    ],
)
def test_a_broken_or_hostile_image(likeness: Likeness, file: bytes) -> None:
    start = time.monotonic()
    assert_refused(likeness.enhance(file, require_face=False), 422, "broken_image", "decode")
    assert time.monotonic() - start < 10


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(images.pixel_bomb, id="PNG of 12000²"),
        pytest.param(images.webp_canvas_bomb, id="WebP canvas"),
        pytest.param(partial(images.png, np.zeros((1, 25_000_001), np.uint8)), id="one pixel too many"),
    ],
)
def test_too_many_pixels_are_refused_before_one_is_decoded(likeness: Likeness, make: Any) -> None:
    file = make()
    likeness.upscale(samples.no_face())
    start = time.monotonic()
    with memory_growth() as peak:
        response = likeness.enhance(file)
    assert_refused(response, 413, "too_many_pixels", "decode")
    assert time.monotonic() - start < 10
    assert peak[0] < 60 * MEGABYTE


def test_the_growth_of_memory_would_be_seen() -> None:
    with memory_growth() as peak:
        block = np.ones(100 * MEGABYTE, np.uint8)
        time.sleep(0.05)
    assert peak[0] >= block.nbytes * 0.9


def test_limits_of_pixels_are_settings(fakes: Any) -> None:
    file = images.png(images.gradient(100, 100))
    with serving(fakes, max_input_megapixels=0.0099) as server:
        assert_refused(server.upscale(file), 413, "too_many_pixels", "decode")
    with serving(fakes, max_input_megapixels=0.01, max_output_megapixels=0.09) as server:
        assert_refused(server.upscale(file, upscale_factor=3.1), 413, "too_many_pixels", "decode")
        assert server.upscale(file, upscale_factor=3).status_code == 200


def test_an_output_of_too_many_pixels(likeness: Likeness) -> None:
    file = images.jpeg(np.zeros((2501, 2501, 3), np.uint8))
    sentence = assert_refused(likeness.upscale(file, upscale_factor=4), 413, "too_many_pixels", "decode")
    assert "100" in sentence


def test_an_output_that_webp_cannot_hold(likeness: Likeness) -> None:
    file = images.png(images.gradient(8192, 1))
    fields = {"upscale_factor": 2, "background": "resample", "metrics": False}
    response = likeness.upscale(file, output_format="webp", **fields)
    assert "16383" in assert_refused(response, 422, "output_format_limit", "decode")  # before any work is done
    assert likeness.upscale(file, output_format="png", **fields).status_code == 200


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    file=st.sampled_from([images.png(PICTURE), images.jpeg(PICTURE), images.webp(PICTURE)]),
    at=st.floats(0, 1),
    put=st.binary(min_size=1, max_size=40),
    cut=st.booleans(),
)
def test_damage_is_never_the_servers_fault(likeness: Likeness, file: bytes, at: float, put: bytes, cut: bool) -> None:
    start = int(at * len(file))
    damaged = file[:start] + put + (b"" if cut else file[start + len(put) :])
    response = likeness.upscale(damaged, upscale_factor=1, background="resample", metrics=False)
    assert response.status_code in (200, 413, 415, 422), response.text
