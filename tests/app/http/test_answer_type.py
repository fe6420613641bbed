"""The media type of an answer, as RFC 9110 has it chosen from the Accept headers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from app.http.answer_type import ANY_PICTURE, DOCUMENT, EVENTS, PICTURES, answer_type
from app.http.refusals import NotAcceptable

JPEG, PNG, WEBP, AVIF, TIFF = "image/jpeg", "image/png", "image/webp", "image/avif", "image/tiff"
RANGES = [DOCUMENT, EVENTS, *PICTURES, "image/*", "application/*", "text/*", "*/*", "text/html", "audio/ogg"]


def headers(*lines: str) -> Headers:
    return Headers(raw=[(b"accept", line.encode()) for line in lines])


@pytest.mark.parametrize(
    ("lines", "media_type"),
    [
        ([], DOCUMENT),
        ([""], DOCUMENT),
        (["*/*"], DOCUMENT),
        (["application/*"], DOCUMENT),
        (["application/json; charset=utf-8"], DOCUMENT),
        (["image/*"], JPEG),
        (["image/*;q=0.5, application/json;q=0.9"], DOCUMENT),
        (["image/*", "application/json;q=0.9"], JPEG),
        (["application/json;q=0.9", "image/webp"], WEBP),
        (["image/jpg"], JPEG),
        (["image/pjpeg"], JPEG),
        (["IMAGE/JPG;q=0.3, image/png;q=0.2"], JPEG),
        (["image/png;quality=80"], PNG),
        (["image/*, image/jpeg;q=0"], PNG),
        (["image/*, image/jpg;q=0"], PNG),
        (["*/*, application/json;q=0"], JPEG),
        (["*/*, application/*;q=0, image/*;q=0"], EVENTS),
        (["*/*;q=0.5, application/json;q=0.1"], JPEG),
        (["application/json;q=0.1, image/webp;q=0.1"], DOCUMENT),
        (["image/webp, application/json"], WEBP),
        (["text/event-stream"], EVENTS),
        (["text/*"], EVENTS),
        (["text/html,application/xhtml+xml,image/webp,*/*;q=0.8"], DOCUMENT),
        (["image/webp,text/html,*/*;q=0.8"], WEBP),
        (["text/html, image/webp;q=0.1"], WEBP),
        (["image/avif"], AVIF),
        (["image/tiff, image/avif;q=0.9"], TIFF),
        # Chrome's for a page, and for the picture of an <img>.
        (["text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"], DOCUMENT),
        (["image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"], AVIF),
    ],
)
def test_the_preferred_type_is_found(lines: list[str], media_type: str) -> None:
    assert answer_type(headers(*lines), "1.1", "jpeg") == media_type


@pytest.mark.parametrize(
    ("line", "media_type"),
    [
        ("image/*", ANY_PICTURE),
        ("image/*, application/json;q=0.5", ANY_PICTURE),
        ("*/*", DOCUMENT),
        ("*/*, application/json;q=0.1", ANY_PICTURE),
        ("image/webp, image/*", WEBP),
        ("image/*, image/jpeg;q=0", PNG),  # the photo may be a JPEG
        ("image/jpeg", JPEG),
        ("text/event-stream", EVENTS),
        ("", DOCUMENT),
    ],
)
def test_only_the_photo_tells_the_type_of_any_picture_in_the_same_format(line: str, media_type: str) -> None:
    assert answer_type(headers(line), "1.1", "same") == media_type


@pytest.mark.parametrize(
    "lines",
    [
        ["audio/ogg"],
        ["text/html"],
        ["image/gif", "image/heic"],
        ["application/json;q=0"],
        ["application/json;q=0, image/*;q=0, text/event-stream;q=0"],
        ["*/*;q=0"],
        ["image/png;q=much"],
        ["json"],
    ],
)
def test_an_accept_header_that_nothing_satisfies_is_refused(lines: list[str]) -> None:
    with pytest.raises(NotAcceptable) as refused:
        answer_type(headers(*lines), "1.1")
    assert refused.value.message == (
        "Accept allows nothing that is offered here: application/json, image/png, image/jpeg, image/webp, image/avif, "
        "image/tiff or text/event-stream."
    )


def test_http_1_0_has_no_events() -> None:
    assert answer_type(headers("text/event-stream"), "1.0") == DOCUMENT
    assert answer_type(headers("text/event-stream, image/webp;q=0.1"), "1.0") == WEBP
    with pytest.raises(NotAcceptable, match=r"image/avif or image/tiff\.$"):
        answer_type(headers("text/event-stream;q=0"), "1.0")


@given(
    st.lists(
        st.tuples(st.sampled_from(RANGES), st.sampled_from([0, 0.1, 0.5, 1])), min_size=1, unique_by=lambda r: r[0]
    )
)
def test_no_type_is_chosen_that_a_more_specific_range_excludes(ranges: list[tuple[str, float]]) -> None:
    wanted = dict(ranges)
    line = ", ".join(f"{name};q={quality}" for name, quality in ranges)

    def quality(media_type: str) -> float:
        names = (media_type, f"{media_type.split('/')[0]}/*", "*/*")
        return next((wanted[name] for name in names if name in wanted), 0)

    offered = [DOCUMENT, *PICTURES, EVENTS]
    try:
        chosen = answer_type(headers(line), "1.1")
    except NotAcceptable:
        assert not any(quality(media_type) for media_type in offered)
    else:
        assert quality(chosen) > 0
        assert chosen == DOCUMENT or quality(chosen) == max(quality(media_type) for media_type in offered)
