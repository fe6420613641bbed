"""The log line of each request."""

import logging
from typing import Any

from app.observe.request_record import RequestRecord
from app.work.dry_report import DryRun

logger = logging.getLogger("likeness.requests")


def log_request(record: RequestRecord, quiet: frozenset[str]) -> None:
    """Log a request that has ended, in one line; at DEBUG for a `quiet` route. Nothing in it was sent by the client."""
    level = logging.INFO
    if record.status == 500:
        level = logging.ERROR
    elif record.route in quiet and record.status not in (404, 405):
        level = logging.DEBUG
    elif record.status > 500:
        level = logging.WARNING
    if logger.isEnabledFor(level):
        logger.log(level, "request", extra=_line(record))


def _line(record: RequestRecord) -> dict[str, Any]:
    report = record.report
    line: dict[str, Any] = {
        "method": record.method,
        "route": record.route,
        "status": record.status,
        "duration_ms": _ms(record.seconds),
        "bytes_in": record.bytes_in,
        "bytes_out": record.bytes_out,
        "code": record.code,
        "stage": record.stage,
        "key": record.key,
    }
    if record.run is not None:
        line["queue_ms"] = None if record.queue_seconds is None else _ms(record.queue_seconds)
        line["timings_ms"] = {stage: _ms(seconds) for stage, seconds in record.stage_seconds.items()}
    if report is not None:
        line["photo_pixels"] = record.photo_pixels
        line["width"], line["height"] = report.width, report.height
        line["faces"] = len(report.faces)
        line |= {"dry_run": True} if isinstance(report, DryRun) else {"restored": report.restored}
        line["models"] = report.models
        line["warnings"] = record.warnings
    return {name: value for name, value in line.items() if value is not None}


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
