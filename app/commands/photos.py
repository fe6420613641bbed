"""Photos on disk through the pipeline, for the command line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from app.settings import Settings
from app.work.service import check_output
from pipeline.codec.decode import decode
from pipeline.codec.encode import encode
from pipeline.codec.inspect import inspect
from pipeline.errors import PipelineError
from pipeline.models.roles import Models
from pipeline.options import EnhanceOptions, OutputFormat
from pipeline.photo import enhance
from pipeline.run import Run

_FORMATS: dict[str, OutputFormat] = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".webp": "webp"}
_SUFFIXES: dict[OutputFormat, str] = {"jpeg": ".jpg", "png": ".png", "webp": ".webp"}


@dataclass(frozen=True, slots=True)
class FilePlan:
    """One photo to read and where its result goes."""

    source: Path
    target: Path
    output_format: OutputFormat


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one photo, as a sentence."""

    source: Path
    target: Path
    done: bool
    message: str


def plan_files(source: Path, target: Path, output_format: OutputFormat | None) -> list[FilePlan]:
    """What to read and what to write.

    A folder's photos go into the folder `target` under their own names, with the suffix of the format (PNG
    unless given), and so does a single photo if `target` is a folder or has no suffix. Raises `ValueError`, with a
    sentence, where that cannot work: nothing to read, a name that belies the format, two photos that would get
    one name, or a result that would overwrite a photo.
    """
    try:
        plans = _plans(source, target, output_format)
    except OSError as error:
        raise ValueError(f"{source} cannot be read: {error.strerror}.") from error
    sources = {plan.source.resolve() for plan in plans}
    targets: set[Path] = set()
    for plan in plans:
        resolved = plan.target.resolve()
        if resolved in sources:
            raise ValueError(f"{plan.target} would overwrite a photo; choose another place.")
        if resolved in targets:
            raise ValueError(f"Two photos would be written to {plan.target}.")
        targets.add(resolved)
    return plans


def _plans(source: Path, target: Path, output_format: OutputFormat | None) -> list[FilePlan]:
    if source.is_dir():
        found = sorted(path for path in source.iterdir() if path.suffix.lower() in _FORMATS and path.is_file())
        if not found:
            raise ValueError(f"{source} has no JPEG, PNG or WebP photo.")
        return [_into_folder(path, target, output_format) for path in found]
    if not source.is_file():
        raise ValueError(f"{source} is not there.")
    if target.is_dir() or not target.suffix:
        return [_into_folder(source, target, output_format)]
    named = _FORMATS.get(target.suffix.lower())
    if named is None or output_format not in (None, named):
        formats = "|".join(get_args(OutputFormat))
        raise ValueError(f"{target}: name it .png, .jpg or .webp, as --output-format {{{formats}}} says.")
    return [FilePlan(source, target, named)]


def _into_folder(source: Path, folder: Path, output_format: OutputFormat | None) -> FilePlan:
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is not a folder.")
    chosen: OutputFormat = output_format or "png"
    return FilePlan(source, folder / (source.stem + _SUFFIXES[chosen]), chosen)


def enhance_files(
    plans: Iterable[FilePlan], options: EnhanceOptions, quality: int, models: Models, settings: Settings
) -> Iterator[FileResult]:
    """Do one photo after the other; a failed one does not stop the rest."""
    for plan in plans:
        try:
            message = _enhance_file(plan, options, quality, models, settings)
        except (PipelineError, OSError) as error:
            yield FileResult(plan.source, plan.target, False, str(error))
        else:
            yield FileResult(plan.source, plan.target, True, message)


def _enhance_file(plan: FilePlan, options: EnhanceOptions, quality: int, models: Models, settings: Settings) -> str:
    run = Run()
    with run.stage("decode"):
        header = inspect(plan.source.read_bytes(), max_pixels=settings.max_input_pixels)
        factor, limit = options.upscale_factor, settings.max_output_megapixels
        check_output(header.width, header.height, factor, plan.output_format, limit)
        photo = decode(header)
    enhanced = enhance(photo, options, models, run)
    with run.stage("encode"):
        encoded = encode(enhanced.image, enhanced.alpha, output_format=plan.output_format, quality=quality)
    plan.target.parent.mkdir(parents=True, exist_ok=True)
    partial = plan.target.with_name(plan.target.name + ".part")
    try:
        partial.write_bytes(encoded.data)  # under its own name only when whole
        partial.replace(plan.target)
    finally:
        partial.unlink(missing_ok=True)
    restored = sum(report.verdict.action != "kept" for report in enhanced.faces)
    height, width = enhanced.image.shape[:2]
    seconds = sum(run.timings_ms.values()) / 1000
    notices = "".join(f" {notice.message}" for notice in (*enhanced.notices, *encoded.notices))
    return f"{restored} of {len(enhanced.faces)} face(s) restored, {width}×{height}, {seconds:.1f} s.{notices}"
