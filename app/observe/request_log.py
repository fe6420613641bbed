"""The line that is logged for each request."""

from __future__ import annotations

import logging
from typing import Any

from app.observe.request_record import Exchange

logger = logging.getLogger("likeness.requests")


def tell(exchange: Exchange, quiet: frozenset[str]) -> None:
    """Log a request that has ended: one line, with nothing in it of what was sent; at DEBUG for a `quiet` route."""
    level = logging.INFO
    if exchange.status == 500:
        level = logging.ERROR
    elif exchange.route in quiet and exchange.status not in (404, 405):
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
        "stage": exchange.facts.get("stage"),
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
