"""The log of a process: JSON lines or text, levels, and values that are never logged."""

from __future__ import annotations

import json
import logging
import warnings
from io import BytesIO, StringIO
from typing import Any

import PIL.Image
import pytest
from structlog.contextvars import bound_contextvars

from app.observe.logs import LogFormat, configure
from tests.app import samples


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def logged(level: str = "info", log_format: LogFormat = "json", stream: StringIO | None = None) -> StringIO:
    stream = stream or StringIO()
    configure(level, log_format, stream)
    return stream


def lines(stream: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def fail() -> None:
    secret = "the-value-of-a-variable"
    raise ValueError(len(secret))


def test_a_line_has_event_level_time_and_context() -> None:
    stream = logged()
    with bound_contextvars(request_id="7f3a"):
        logging.getLogger("likeness").info("did %d\nthings", 2, extra={"status": 200})
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "did 2\nthings",
        "level": "info",
        "logger": "likeness",
        "status": 200,
        "request_id": "7f3a",
    }


def test_a_traceback_shows_no_values() -> None:
    stream = logged()
    try:
        fail()
    except ValueError:
        logging.getLogger("likeness").exception("it failed")
    (line,) = lines(stream)
    assert "ValueError: 23" in line["exception"]
    assert "in fail" in line["exception"]
    assert "the-value-of-a-variable" not in line["exception"].replace('secret = "the-value-of-a-variable"', "")


def test_a_traceback_for_people_shows_no_values() -> None:
    stream = logged(log_format="console")
    try:
        fail()
    except ValueError:
        logging.getLogger("likeness").exception("it failed")
    assert "ValueError: 23" in stream.getvalue()
    assert "the-value-of-a-variable" not in stream.getvalue()


@pytest.mark.parametrize(
    ("log_format", "stream", "is_json"),
    [
        ("auto", StringIO(), True),
        ("auto", Terminal(), False),
        ("json", Terminal(), True),
        ("console", StringIO(), False),
    ],
)
def test_auto_is_json_unless_the_stream_is_a_terminal(log_format: LogFormat, stream: StringIO, is_json: bool) -> None:
    logged("info", log_format, stream)
    logging.getLogger("likeness").info("hello", extra={"status": 200})
    said = stream.getvalue()
    assert said.startswith("{") == is_json
    assert "hello" in said
    assert "200" in said


@pytest.mark.filterwarnings("always")
def test_python_warnings_are_logged() -> None:
    stream = logged()
    warnings.warn("beware", stacklevel=1)
    (line,) = lines(stream)
    assert line["logger"] == "py.warnings"
    assert "beware" in line["event"]


def test_the_colour_message_of_uvicorn_is_left_out() -> None:
    stream = logged()
    logging.getLogger("uvicorn").info("Started", extra={"color_message": "\x1b[36mStarted\x1b[0m"})
    assert "color_message" not in lines(stream)[0]


@pytest.mark.parametrize(
    ("level", "expected"),
    [("debug", ["d", "i", "w", "e"]), ("info", ["i", "w", "e"]), ("warning", ["w", "e"]), ("error", ["e"])],
)
def test_debug_and_info_apply_to_the_loggers_of_likeness_only(level: str, expected: list[str]) -> None:
    stream = logged(level)
    ours, others = logging.getLogger("likeness.requests"), logging.getLogger("somebody")
    for logger in (ours, others):
        for name, value in {"d": 10, "i": 20, "w": 30, "e": 40}.items():
            logger.log(value, name)
    assert [line["event"] for line in lines(stream) if line["logger"] == "likeness.requests"] == expected
    assert [line["event"] for line in lines(stream) if line["logger"] == "somebody"] == [
        e for e in expected if e in "we"
    ]


def test_debug_messages_of_pillow_are_not_logged() -> None:
    exif = PIL.Image.Exif()
    exif[0x010E] = "a photographer's name"
    photo = samples.file_of(samples.head(), exif=exif)
    stream = logged("debug")
    PIL.Image.open(BytesIO(photo)).getexif()
    assert stream.getvalue() == ""
    logging.getLogger("PIL").setLevel("DEBUG")
    try:
        PIL.Image.open(BytesIO(photo)).getexif()
    finally:
        logging.getLogger("PIL").setLevel(logging.NOTSET)
    assert "photographer" in stream.getvalue()  # Pillow does log it at its own debug level
