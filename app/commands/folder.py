"""The photos of the commands `enhance` and `upscale`, one after the other."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from app.commands.file_result import FileResult, Outcome, Summary, failed, write_result
from app.commands.files import FilePlan
from app.options import OutputOptions
from app.settings import PhotoLimits
from app.work.dry_report import DryRun
from app.work.dry_run import Estimator, dry_run_photo
from app.work.order import Order, Task
from app.work.pace import Pace
from app.work.photo import restore_photo
from app.work.report import Report, restored_of
from app.work.time_limit import may_shorten, within_deadline
from pipeline.errors import PipelineError
from pipeline.models.roles import Models
from pipeline.options import EnhanceOptions
from pipeline.run import Run


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
    task: Task = "enhance",
) -> Iterator[FileResult]:
    """The result of each photo, of a dry run what it would be. One that fails does not stop the others.

    `by_preset` names the options that a preset has set, and not the person.
    """
    for plan in plans:
        try:
            chosen = replace(output, output_format=plan.output_format)
            order = _settled(Order(task, plan.source.read_bytes(), None, options, chosen, by_preset), workshop)
            outcome = _foresee(order, workshop) if output.dry_run else _restore(plan, order, workshop)
            result = outcome.of(plan.source, plan.target)
        except (PipelineError, OSError) as error:
            result = failed(plan.source, plan.target, error)
        yield result


def _settled(order: Order, workshop: Workshop) -> Order:
    """The order without what its preset asks for in vain. There is time for the rest, however long that takes."""
    if not may_shorten(order):
        return order
    return within_deadline(order, workshop.models, workshop.pace, math.inf, workshop.limits.max_input_pixels)


def _foresee(order: Order, workshop: Workshop) -> Outcome:
    report = dry_run_photo(order, workshop.models, workshop.limits, Estimator(workshop.pace), Run())
    summary = _summary(order.task, report)
    message = summary.of_estimate(report.estimate.seconds, report.estimate.memory_bytes)
    return Outcome(message, report, summary.lacking)


def _restore(plan: FilePlan, order: Order, workshop: Workshop) -> Outcome:
    run = Run()
    finished = restore_photo(order, workshop.models, workshop.limits, run)
    write_result(plan.target, finished.picture.data)
    summary = _summary(order.task, finished.report)
    return Outcome(summary.of_result(sum(run.timings_ms.values()) / 1000), finished.report, summary.lacking)


def _summary(task: Task, report: Report | DryRun) -> Summary:
    reasons = [face.reason for face in report.faces if face.action == "kept" and face.reason]
    restored, faces = restored_of(report.faces), len(report.faces)
    return Summary(task, restored, faces, report.width, report.height, report.warnings, reasons)
