"""The log: lines of JSON on stderr, or of text for people. Whoever logs does so by the standard library."""

from __future__ import annotations

import logging
import sys
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from app.exchange import QUIET, Exchange

LogFormat = Literal["auto", "json", "console"]

OURS = ("likeness", "uvicorn")

logger = logging.getLogger("likeness.requests")


def configure(level: str, log_format: LogFormat, stream: TextIO | None = None) -> None:
    """Send everything that this process logs, warnings included, to `stream` (stderr), from `level` on.

    Of what is not ours only warnings and errors: at the debug level Pillow, for one, tells the metadata of photos.
    """
    stream = stream or sys.stderr
    is_console = log_format == "console" or (log_format == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(_to_console(stream) if is_console else _to_json()))
    root = logging.getLogger()
    root.handlers = [handler]
    threshold = logging.getLevelNamesMapping()[level.upper()]
    root.setLevel(max(threshold, logging.WARNING))
    for name in OURS:
        logging.getLogger(name).setLevel(threshold)
    logging.captureWarnings(True)


def tell(exchange: Exchange) -> None:
    """Log a request that has ended: one line, with nothing in it of what was sent."""
    level = logging.INFO
    if exchange.status == 500:
        level = logging.ERROR
    elif exchange.route in QUIET:
        level = logging.DEBUG
    elif exchange.status > 500:
        level = logging.WARNING
    if logger.isEnabledFor(level):
        logger.log(level, "request", extra=_line(exchange))


def _line(exchange: Exchange) -> dict[str, Any]:
    line: dict[str, Any] = {
        "method": exchange.method,
        "route": exchange.route,
        "status": exchange.status,
        "duration_ms": _ms(exchange.seconds),
        "bytes_in": exchange.bytes_in,
        "bytes_out": exchange.bytes_out,
        "code": exchange.code,
        "key": exchange.facts.get("key"),
    }
    if exchange.run is not None:
        line["queue_ms"] = None if exchange.queue_seconds is None else _ms(exchange.queue_seconds)
        line["timings_ms"] = {stage: _ms(seconds) for stage, seconds in exchange.stage_seconds.items()}
    if exchange.answer is not None:
        facts = exchange.answer.facts
        line["photo_pixels"] = exchange.answer.photo_pixels
        line["width"], line["height"] = facts["width"], facts["height"]
        line["faces"] = len(facts["faces"])
        line["restored"] = sum(face["action"] != "kept" for face in facts["faces"])
        line["models"] = facts["models"]
        line["warnings"] = exchange.warnings
    return {name: value for name, value in line.items() if value is not None}


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _formatter(last: list[Processor]) -> logging.Formatter:
    first: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper("iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        _without_colours,
    ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=first, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]
    )


def _to_json() -> list[Processor]:
    # A traceback as the interpreter prints it: structlog's own may show the values of variables.
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]


def _to_console(stream: TextIO) -> list[Processor]:
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=plain)]


def _without_colours(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Without the copy of its message that uvicorn adds, made for terminals."""
    event.pop("color_message", None)
    return event
