"""Form fields with bad names or values."""

from __future__ import annotations

import base64

import pytest

from tests.app import samples
from tests.app.http.routes.refusals import assert_refused
from tests.app.server import ENHANCE, MULTIPART, UPSCALE, Likeness, form_body


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
        ({"file": b"x", "upscale_factor": "8.01"}, "upscale_factor"),
        ({"file": b"x", "upscale_factor": "-2"}, "upscale_factor"),
        ({"file": b"x", "upscale_factor": "nan"}, "upscale_factor"),
        ({"file": b"x", "upscale_factor": "inf"}, "upscale_factor"),
        ({"file": b"x", "upscale_factor": "two"}, "upscale_factor"),
        ({"file": b"x", "upscale_factor": b"2"}, "upscale_factor"),
        ({"file": b"x", "width": "15"}, "width"),
        ({"file": b"x", "height": "32769"}, "height"),
        ({"file": b"x", "long_side": "99.5"}, "long_side"),
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
def test_a_bad_parameter_is_refused(likeness: Likeness, path: str, fields: dict[str, bytes | str], named: str) -> None:
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
def test_a_bad_parameter_about_faces_is_refused(likeness: Likeness, field: str, value: str) -> None:
    response = likeness.enhance(samples.small_face(), **{field: value})
    assert field in assert_refused(response, 422, "bad_parameter", "parameters")


def test_every_bad_parameter_is_named(likeness: Likeness) -> None:
    response = likeness.enhance(samples.small_face(), strength=2, quality=0, faces="none")
    sentence = assert_refused(response, 422, "bad_parameter", "parameters")
    assert all(name in sentence for name in ("strength", "quality", "faces"))


def test_the_error_sentence_for_many_bad_parameters_is_shortened(likeness: Likeness) -> None:
    body = form_body({f"field{number}": "x" for number in range(60)} | {"file": samples.small_face()})
    response = likeness.client.post(ENHANCE, content=body, headers={"Content-Type": MULTIPART})
    sentence = assert_refused(response, 422, "bad_parameter", "parameters")
    assert len(sentence) < 500
    assert sentence.endswith("And 55 more.")


@pytest.mark.parametrize("path", [ENHANCE, UPSCALE])
@pytest.mark.parametrize(
    "sizes",
    [
        {"width": "96", "height": "96"},
        {"upscale_factor": "2", "long_side": "96"},  # which is the default, and given all the same
        {"upscale_factor": "1", "width": "96", "height": "96", "long_side": "96"},
    ],
    ids=str,
)
def test_two_sizes_are_refused_by_their_names(likeness: Likeness, path: str, sizes: dict[str, str]) -> None:
    body = form_body({"file": b"x"} | sizes)
    response = likeness.client.post(path, content=body, headers={"Content-Type": MULTIPART})
    sentence = assert_refused(response, 422, "bad_parameter", "parameters")
    assert sentence == (
        f"the form: {' and '.join(sizes)} contradict each other; "
        "give at most one of upscale_factor, width, height and long_side."
    )


@pytest.mark.parametrize("path", [ENHANCE, UPSCALE])
@pytest.mark.parametrize("given", [{}, {"metadata": "none"}], ids=str)
def test_the_location_of_metadata_that_is_not_kept_is_refused(
    likeness: Likeness, path: str, given: dict[str, str]
) -> None:
    body = form_body({"file": b"x", "keep_location": "true"} | given)
    response = likeness.client.post(path, content=body, headers={"Content-Type": MULTIPART})
    sentence = assert_refused(response, 422, "bad_parameter", "parameters")
    assert sentence == "the form: keep_location=true needs metadata=keep."


@pytest.mark.parametrize("again", [("file", samples.small_face()), ("strength", "1")])
def test_a_field_given_twice_is_refused(likeness: Likeness, again: tuple[str, bytes | str]) -> None:
    body = form_body({"file": samples.small_face(), "strength": "0"}, closed=False) + form_body(dict([again]))
    response = likeness.client.post(ENHANCE, content=body, headers={"Content-Type": MULTIPART})
    assert again[0] in assert_refused(response, 422, "bad_parameter", "parameters")


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("data:image/jpeg;base64,/9j/4AAQ", "a data URL"),
        ("data:image/jpeg;base64," + base64.b64encode(samples.portrait()).decode(), "a data URL"),
        (base64.b64encode(samples.small_face())[:100].decode(), "base64 text"),
        (base64.b64encode(samples.portrait()).decode(), "base64 text"),
        ("photo.jpg", "text"),
        ("x" * 5000, "text"),
    ],
    ids=["data URL", "long data URL", "base64", "long base64", "text", "long text"],
)
@pytest.mark.parametrize("field", ["file", "reference"])
def test_a_photo_sent_as_text_is_refused_with_what_was_seen(
    likeness: Likeness, field: str, text: str, seen: str
) -> None:
    parts = {"file": samples.small_face()} | {field: text}
    response = likeness.client.post(ENHANCE, content=form_body(parts), headers={"Content-Type": MULTIPART})
    sentence = assert_refused(response, 422, "bad_parameter", "parameters")
    assert sentence == (f"{field} is {seen}: send the picture itself as a file, as curl -F {field}=@photo.jpg does.")


def test_a_photo_sent_as_text_under_another_name_is_refused_with_what_was_seen(likeness: Likeness) -> None:
    text = base64.b64encode(samples.portrait()).decode()
    response = likeness.client.post(ENHANCE, content=form_body({"image": text}), headers={"Content-Type": MULTIPART})
    sentence = assert_refused(response, 422, "bad_parameter", "parameters")
    assert sentence == "image is base64 text: send the picture itself as a file, as curl -F file=@photo.jpg does."


@pytest.mark.parametrize("name", ["image", "photo", "files", "file[]"])
def test_a_photo_in_a_field_of_another_name_gets_a_hint(likeness: Likeness, name: str) -> None:
    response = likeness.client.post(ENHANCE, files={name: samples.small_face()})
    sentence = assert_refused(response, 422, "bad_parameter", "parameters")
    assert sentence == f"{name} is no field of this form: the photo belongs in the field file."


def test_an_empty_reference_without_a_file_name_is_ignored(likeness: Likeness) -> None:
    """A browser sends a file input without a chosen file as an empty file without a name."""
    body = form_body({"reference": b"", "file": samples.small_face()}).replace(b'"photo.jpg"', b'""', 1)
    assert b'name="reference"; filename=""\r\n\r\n\r\n' in body
    response = likeness.client.post(ENHANCE, content=body, headers={"Content-Type": MULTIPART})
    assert response.status_code == 200, response.text
    assert response.json()["data"]["metrics"]["reference"] == "input"


def test_an_empty_reference_with_a_file_name_is_refused(likeness: Likeness) -> None:
    body = form_body({"reference": b"", "file": samples.small_face()})
    response = likeness.client.post(ENHANCE, content=body, headers={"Content-Type": MULTIPART})
    assert "reference" in assert_refused(response, 422, "bad_parameter", "parameters")
