"""The photos of the command `enhance`, one after the other."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex

from app.commands.files import FilePlan
from app.options import OutputOptions
from app.settings import PhotoLimits
from app.work.dry_run import Estimator, dry_run_photo
from app.work.order import Order
from app.work.pace import Pace
from app.work.photo import restore_photo
from app.work.report import restored_of
from app.work.time_limit import may_shorten, within_deadline
from pipeline.errors import PipelineError
from pipeline.models.roles import Models
from pipeline.options import EnhanceOptions
from pipeline.run import Run


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one photo, as a sentence."""

    source: Path
    target: Path
    done: bool
    message: str


@dataclass(frozen=True, slots=True)
class Workshop:
    """What photos are worked on with."""

    models: Models
    pace: Pace
    limits: PhotoLimits


def enhance_files(
    plans: Iterable[FilePlan],
    options: EnhanceOptions,
    output: OutputOptions,
    workshop: Workshop,
    by_preset: frozenset[str] = frozenset(),
) -> Iterator[FileResult]:
    """The result of each photo, of a dry run what it would be. One that fails does not stop the others.

    `by_preset` names the options that a preset has set, and not the person.
    """
    for plan in plans:
        try:
            chosen = replace(output, output_format=plan.output_format, metrics=False)
            order = _settled(Order("enhance", plan.source.read_bytes(), None, options, chosen, by_preset), workshop)
            done, message = True, (_foresee if output.dry_run else _enhance_file)(plan, order, workshop)
        except (PipelineError, OSError) as error:
            done, message = False, str(error)
        yield FileResult(plan.source, plan.target, done, message)


def _settled(order: Order, workshop: Workshop) -> Order:
    """The order without what its preset asks for in vain. There is time for the rest, however long that takes."""
    if not may_shorten(order):
        return order
    return within_deadline(order, workshop.models, workshop.pace, math.inf, workshop.limits.max_input_pixels)


def _foresee(plan: FilePlan, order: Order, workshop: Workshop) -> str:
    report = dry_run_photo(order, workshop.models, workshop.limits, Estimator(workshop.pace), Run())
    restored, estimate = restored_of(report.faces), report.estimate
    cost = f"about {estimate.seconds:.1f} s and {estimate.memory_bytes / 2**20:.0f} MB"
    warnings = "".join(f" {warning.message}" for warning in report.warnings)
    faces = f"{restored} of {len(report.faces)} face(s) would be restored"
    return f"{faces}, {report.width}×{report.height}, {cost}.{warnings}"


def _enhance_file(plan: FilePlan, order: Order, workshop: Workshop) -> str:
    run = Run()
    finished = restore_photo(order, workshop.models, workshop.limits, run)
    try:
        _write(plan.target, finished.picture.data)
    except OSError as error:  # that of a full disk names no file
        raise OSError(f"{plan.target} cannot be written: {error.strerror}.") from error
    report, seconds = finished.report, sum(run.timings_ms.values()) / 1000
    size = f"{report.width}×{report.height}"
    warnings = "".join(f" {warning.message}" for warning in report.warnings)
    return f"{report.restored} of {len(report.faces)} face(s) restored, {size}, {seconds:.1f} s.{warnings}"


def _write(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own, as a photo or somebody's unfinished download may be called `….part` too; and a short one, as
    # disks take 255 bytes: 60 characters have 240 at most.
    partial = target.with_name(f"{target.name[:60]}.{token_hex(4)}.part")
    try:
        partial.write_bytes(data)  # the file gets its name only when it is whole
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
