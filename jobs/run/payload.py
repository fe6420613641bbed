"""An order as JSON for the table of jobs, and back."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from app.options import OutputOptions
from app.work.errors import BadParameter
from app.work.order import Order, Task
from jobs.errors import OrderUnreadable
from pipeline.options import EnhanceOptions
from pipeline.types import Notice


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class _Asked:
    """An order without its files."""

    task: Task
    options: EnhanceOptions
    output: OutputOptions
    by_preset: frozenset[str]
    notices: tuple[Notice, ...]


_ADAPTER = TypeAdapter(_Asked)

_TRACE = "traceparent"  # beside the parts of the order


def dump(order: Order, traceparent: str | None = None) -> dict[str, Any]:
    """What is stored of an order: all but its files. Raises `BadParameter` for a dry run, which makes no result.

    `traceparent`: of the request that submits it, as W3C writes it. Its trace goes on where the job is done.
    """
    if order.output.dry_run:
        raise BadParameter("A job makes a picture: send dry_run=true to /enhance or /upscale.")
    asked = _Asked(order.task, order.options, order.output, order.by_preset, order.notices)
    written: dict[str, Any] = _ADAPTER.dump_python(asked, mode="json")
    written["by_preset"] = sorted(order.by_preset)
    return written if traceparent is None else written | {_TRACE: traceparent}


def trace_of(asked: Mapping[str, Any]) -> str | None:
    """The `traceparent` of the request that has submitted the order; None without one."""
    found = asked.get(_TRACE)
    return found if isinstance(found, str) else None


def load(asked: Mapping[str, Any], file: bytes, reference: bytes | None) -> Order:
    """The order that `dump` has written, with its files. Options that have come since then have their defaults.

    Raises `OrderUnreadable` for what this version does not understand.
    """
    try:
        read = _ADAPTER.validate_python({name: value for name, value in asked.items() if name != _TRACE})
    except ValidationError as error:
        names = {".".join(map(str, wrong["loc"][:2])) for wrong in error.errors()}
        raise _unreadable(names) from error
    unknown = {
        f"{part}.{name}"
        for part, known in (("options", EnhanceOptions), ("output", OutputOptions))
        for name in asked[part].keys() - {field.name for field in fields(known)}
    }
    if unknown:
        raise _unreadable(unknown)
    return Order(read.task, file, reference, read.options, read.output, read.by_preset, read.notices)


def _unreadable(names: set[str]) -> OrderUnreadable:
    return OrderUnreadable(
        f"Another version of this service took the job, and this one does not understand {', '.join(sorted(names))}. "
        "Submit the photo again.",
        stage="parameters",
    )
