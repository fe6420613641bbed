"""The whole work on one photo, from the bytes of its file to the picture and its report.

Three synchronous functions: `read` decodes, `compute` runs the networks, `finish` measures and encodes. The service
calls each in the right thread; the command line and workers call `restore_photo`, which is all three.
"""

import time
from dataclasses import dataclass, field, replace

from app.presets import preferred_models
from app.settings import PhotoLimits
from app.work.file_check import checked_output
from app.work.memory import Claim, finishing_pixel, photo_bytes, reference_bytes
from app.work.order import Order
from app.work.output_file import OutputFile, output_file
from app.work.reference import reference_for
from app.work.report import Report, WarningOut, face_out, metrics_of, rounded
from metrics.report import Figure, Reference, measure, perceptual_figure
from pipeline.codec.decode import DEPTH_REDUCED, decode
from pipeline.codec.encode import Encoded, encode
from pipeline.codec.inspect import Header, inspect
from pipeline.codec.output_formats import OUTPUT_FORMATS
from pipeline.codec.profiles import GRAY, RGB
from pipeline.errors import ReferenceMismatch
from pipeline.metadata.kept import Wish, kept_tags
from pipeline.models.roles import Models, Work
from pipeline.options import OutputFormat
from pipeline.photo import OnPlanned, enhance, upscale_photo
from pipeline.run import Run
from pipeline.steps.upscaling import output_size
from pipeline.types import Enhanced, FileTags, Notice, Photo

# How far the proportions of photo and ground truth may differ, beyond a pixel: a little cropping does no harm.
ASPECT_TOLERANCE = 0.02

LEAST_WORKING_BYTES = 160 * 2**20  # reserved at least: decoding, metrics and encoding need memory without a network too


@dataclass(frozen=True, slots=True)
class Source:
    """The decoded photo, the file that its result is written as with its tags, and the ground truth if one was sent.

    `photo_format` is the name of the format that the photo came in.
    """

    photo: Photo
    file: OutputFile
    photo_format: str
    reference: Photo | None = None
    tags: FileTags = field(default_factory=FileTags)

    @property
    def target(self) -> Photo:
        """What the metrics compare the result with."""
        return self.photo if self.reference is None else self.reference

    @property
    def reference_notices(self) -> list[Notice]:
        """What is to be known of the ground truth."""
        notices = () if self.reference is None else self.reference.notices
        return [Notice(notice.code, f"Reference: {notice.message}") for notice in notices]


@dataclass(frozen=True, slots=True)
class Computed:
    """What the networks made of the photo. `perceptual` is None where no metrics were asked for."""

    enhanced: Enhanced
    perceptual: Figure | None


@dataclass(frozen=True, slots=True)
class Finished:
    """The encoded picture and its report. `photo_pixels` is the size of what came in."""

    picture: Encoded
    report: Report
    photo_pixels: int


def restore_photo(order: Order, models: Models, limits: PhotoLimits, run: Run) -> Finished:
    """The whole work in this thread, without reserving memory. Raises what `read`, `compute` and `finish` raise."""
    started = time.perf_counter()
    source = read(order, models, limits, lambda needed: None, run)
    return finish(order, source, compute(order, source, models, run), models, run, started)


def read(order: Order, models: Models, limits: PhotoLimits, claim: Claim, run: Run) -> Source:
    """Photo and ground truth, decoded once `claim` has reserved the memory for everything that is done with them.

    Raises `UnsupportedMediaType`, `BrokenImage`, `TooManyPixels`, `OutputFormatLimit`, `BadParameter` and what `claim`
    raises before a pixel is decoded, and `ReferenceMismatch` where the ground truth has other proportions.
    """
    with run.stage("decode"):
        header = inspect(order.file, max_pixels=limits.max_input_pixels)
        file, source_format = output_file(order.output, header.file_format), header.file_format.name
        output_pixels = checked_output(header, order, file.output_format, limits)
        claim(reserved_bytes(order, models, file, header.width * header.height, output_pixels))
        kept_spaces = _kept_spaces(order, file.output_format)
        photo, tags = _with_tags(_decoded(header, kept_spaces, file), header, order)
    if order.reference is None:
        return Source(photo, file, source_format, tags=tags)
    with run.stage("reference"):
        header = inspect(order.reference, max_pixels=limits.max_input_pixels)
        claim(reference_bytes(header.width * header.height))
        reference = reference_for(photo, header, kept_spaces)
        _check_proportions(photo, reference)
    return Source(photo, file, source_format, reference, tags)


def compute(order: Order, source: Source, models: Models, run: Run, on_planned: OnPlanned | None = None) -> Computed:
    """What networks do: the enhancement, and the one metric that is a network. As `pipeline.photo.enhance`."""
    step = enhance if order.task == "enhance" else upscale_photo
    enhanced = step(source.photo, order.options, preferred_models(order.output.preset, models), run, on_planned)
    if not order.output.metrics:
        return Computed(enhanced, None)
    network = models.perceptual
    distance, smallest_side = (None, 0) if network is None else (network.distance, network.smallest_side)
    with run.stage("metrics"):
        figure = perceptual_figure(enhanced.image, source.target.image, distance, smallest_side, run.check)
    return Computed(enhanced, figure)


def finish(order: Order, source: Source, computed: Computed, models: Models, run: Run, started: float) -> Finished:
    """The other metrics, the encoded picture and the report. `started` is a reading of `time.perf_counter()`.

    Raises `StageFailed`, `DeviceOutOfMemory`, `DeadlineExceeded` and `Cancelled`.
    """
    enhanced, perceptual, figures = computed.enhanced, computed.perceptual, None
    if perceptual is not None:
        with run.stage("metrics"):
            compared: Reference = "input" if source.reference is None else "upload"
            figures = measure(enhanced.image, source.target.image, perceptual=perceptual, reference=compared)
    with run.stage("encode"):
        picture = encode(
            enhanced.image,
            enhanced.alpha,
            source.file.output_format,
            source.file.options,
            is_grey=enhanced.is_grey,
            tags=source.tags,
        )
    notices = [*order.notices, *enhanced.notices, *source.file.notices, *picture.notices, *source.reference_notices]
    if figures is not None:
        notices += [Notice(code, message) for code, message in figures.missing]
    used = dict(enhanced.models)
    if perceptual is not None and perceptual.value is not None and models.perceptual is not None:
        used["perceptual"] = models.perceptual.name
    height, width = enhanced.image.shape[:2]
    report = Report(
        media_type=picture.media_type,
        width=width,
        height=height,
        metrics=None if figures is None else metrics_of(figures, enhanced.faces),
        faces=[face_out(face) for face in enhanced.faces],
        processing_time_ms=round((time.perf_counter() - started) * 1000),
        timings_ms=rounded(run.timings_ms),
        models=used,
        warning=notices[0].message if notices else None,
        warnings=[WarningOut(notice.code, notice.message) for notice in notices],
    )
    return Finished(picture, report, source.photo.width * source.photo.height)


def _kept_spaces(order: Order, output_format: OutputFormat) -> frozenset[str]:
    """The colour spaces of profiles that the result may keep."""
    if order.output.color_profile == "srgb":
        return frozenset()
    return frozenset({RGB, GRAY} if OUTPUT_FORMATS[output_format].has_grey else {RGB})


def _decoded(header: Header, kept_spaces: frozenset[str], file: OutputFile) -> Photo:
    """The photo. That its 16 bits were cut is said only where the result has 16."""
    photo = decode(header, kept_spaces)
    if file.options.bit_depth == "16":
        return photo
    return replace(photo, notices=tuple(notice for notice in photo.notices if notice.code != DEPTH_REDUCED))


def _with_tags(photo: Photo, header: Header, order: Order) -> tuple[Photo, FileTags]:
    """The photo, with a notice where some of its metadata cannot be kept, and the tags of the result."""
    wish = Wish(metadata=order.output.metadata == "keep", location=order.output.keep_location)
    size = output_size(*header.upright_size, order.options)
    tags, notices = kept_tags(header, size, wish, photo.profile)
    return replace(photo, notices=(*photo.notices, *notices)), tags


def _check_proportions(photo: Photo, reference: Photo) -> None:
    height = reference.width * photo.height / photo.width
    if abs(height - reference.height) > max(1.0, ASPECT_TOLERANCE * reference.height):
        raise ReferenceMismatch(
            f"The reference ({reference.width} × {reference.height}) does not have the photo's proportions "
            f"({photo.width} × {photo.height})."
        )


def reserved_bytes(order: Order, models: Models, file: OutputFile, pixels: int, output_pixels: int) -> int:
    """The bytes to reserve for a photo of so many pixels, and its result if it is made.

    A preview of a dry run is no larger than the photo, so it takes less than the result that is counted then.
    """
    made = 0 if order.output.dry_run else output_pixels
    return photo_bytes(pixels, made, working_bytes(order, models), finishing_pixel(file.output_format, file.options))


def working_bytes(order: Order, models: Models) -> int:
    """The most memory that one of the networks for this photo works in."""
    if order.output.dry_run:
        return max(LEAST_WORKING_BYTES, models.detector.working_bytes if order.task == "enhance" else 0)
    chosen = preferred_models(order.output.preset, models).chosen(order.options.restorer, order.options.upscaler)
    works: dict[Work, bool] = {
        "faces": order.task == "enhance",
        "background": order.options.background == "upscale",
        "metrics": order.output.metrics,
    }
    used = chosen.working_on({work for work, wanted in works.items() if wanted})
    return max([LEAST_WORKING_BYTES, *(model.working_bytes for model in used)])
