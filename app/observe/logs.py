"""The log: lines of JSON on stderr, or text for people. All modules log with the standard library."""

import logging
import sys
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

LogFormat = Literal["auto", "json", "console"]

OURS = ("likeness", "uvicorn")


def configure(level: str, log_format: LogFormat, stream: TextIO | None = None) -> None:
    """Send everything that this process logs, Python's warnings included, to `stream` (stderr), from `level` on."""
    stream = stream or sys.stderr
    is_console = log_format == "console" or (log_format == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    # Python's own traceback: structlog's may show the values of variables.
    traceback = structlog.dev.plain_traceback
    console: Processor = structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=traceback)
    json: list[Processor] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    handler.setFormatter(_formatter([console] if is_console else json))
    root = logging.getLogger()
    root.addHandler(handler)
    # Libraries log warnings and errors only: at the debug level Pillow, for one, logs the metadata of photos.
    root.setLevel(logging.ERROR if level == "error" else logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(level.upper())
    logging.captureWarnings(True)


def _formatter(last: list[Processor]) -> logging.Formatter:
    first: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper("iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        _without_copies,
    ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=first, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]
    )


def _without_copies(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Drop the copies of message and time that uvicorn and other handlers add to a record."""
    return {name: value for name, value in event.items() if name not in ("color_message", "message", "asctime")}
