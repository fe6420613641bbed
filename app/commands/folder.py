"""The photos of the command `enhance`, one after the other."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex

from app.commands.files import FilePlan
from app.options import OutputOptions
from app.settings import PhotoLimits
from app.work.order import Order
from app.work.photo import restore_photo
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


def enhance_files(
    plans: Iterable[FilePlan], options: EnhanceOptions, output: OutputOptions, models: Models, limits: PhotoLimits
) -> Iterator[FileResult]:
    """The result of each photo. One that fails does not stop the others."""
    for plan in plans:
        try:
            done, message = True, _enhance_file(plan, options, output, models, limits)
        except (PipelineError, OSError) as error:
            done, message = False, str(error)
        yield FileResult(plan.source, plan.target, done, message)


def _enhance_file(
    plan: FilePlan, options: EnhanceOptions, output: OutputOptions, models: Models, limits: PhotoLimits
) -> str:
    run = Run()
    output = replace(output, output_format=plan.output_format, metrics=False)
    order = Order("enhance", plan.source.read_bytes(), None, options, output)
    finished = restore_photo(order, models, limits, run)
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
