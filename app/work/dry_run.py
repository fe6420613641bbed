"""A dry run: the photo is decoded and its faces are looked for; the rest of the work is only estimated."""

from dataclasses import dataclass, replace

from app.presets import preferred_models
from app.settings import PhotoLimits
from app.work.costs import Sizes, costs_of, decoding_cost
from app.work.dry_report import DryRun, Estimate
from app.work.memory import reference_bytes
from app.work.order import Order
from app.work.pace import Pace
from app.work.photo import Computed, Source, read, reserved_bytes
from app.work.photo_preview import photo_preview
from app.work.report import WarningOut, face_out
from metrics.report import perceptual_figure
from pipeline.codec.output_formats import OUTPUT_FORMATS
from pipeline.models.roles import Models
from pipeline.preview import Preview, preview, preview_upscale
from pipeline.run import Run
from pipeline.steps.upscaling import output_size
from pipeline.types import Notice, Workload

# Stages that the dry run itself goes through: they are estimated to take as long again.
LOOKING = ("fetch", "decode", "reference", "color", "detection", "alignment")


@dataclass(frozen=True, slots=True)
class Estimator:
    """What estimates are made with: this machine's pace, and the seconds that a photo may take, None for any."""

    pace: Pace
    deadline_s: float | None = None

    def report(self, order: Order, source: Source, seen: Preview, models: Models, run: Run) -> DryRun:
        """The report of a dry run; `seen` is what `look` gives. Raises what `photo_preview` raises."""
        size = output_size(source.photo.width, source.photo.height, order.options)
        estimate = self._estimate(order, source, seen, models, size, run)
        used, unmeasured = _perceptual(order, source, models, run)
        notices = [*order.notices, *seen.notices, *source.file.notices, *source.reference_notices, *unmeasured]
        if self.deadline_s is not None and estimate.seconds > self.deadline_s:
            message = f"It would take longer than the {self.deadline_s:g} s that this server allows."
            notices.append(Notice("deadline_too_short", message))
        return DryRun(
            dry_run=True,
            width=size[0],
            height=size[1],
            media_type=OUTPUT_FORMATS[source.file.output_format].media_type,
            faces=[face_out(face) for face in seen.faces],
            models=dict(seen.models) | used,
            estimate=estimate,
            warning=notices[0].message if notices else None,
            warnings=[WarningOut(notice.code, notice.message) for notice in notices],
            preview=photo_preview(source, run) if order.output.preview else None,
        )

    def stages_s(self, order: Order, source: Source, workload: Workload, models: Models, run: Run) -> dict[str, float]:
        """The seconds of each stage: those that `run` has measured until the faces were found, and estimates."""
        stages = {stage: run.timings_ms[stage] / 1000 for stage in LOOKING if stage in run.timings_ms}
        width, height = output_size(source.photo.width, source.photo.height, order.options)
        sizes = _sizes(source, width * height)
        # Where memory is new to the process, decoding into it takes several times as long as usual.
        stages["decode"] = min(stages["decode"], self.pace.seconds(decoding_cost(source.photo_format, sizes.photo)))
        for cost in costs_of(order, workload, models, source.file, sizes):
            stages[cost.stage] = self.pace.seconds(cost)
        return {stage: round(seconds, 3) for stage, seconds in stages.items()}

    def _estimate(
        self, order: Order, source: Source, seen: Preview, models: Models, size: tuple[int, int], run: Run
    ) -> Estimate:
        photo, reference, (width, height) = source.photo, source.reference, size
        stages = self.stages_s(order, source, seen.workload, models, run)
        real = replace(order, output=replace(order.output, dry_run=False))
        memory = reserved_bytes(real, models, source.file, photo.width * photo.height, width * height)
        if reference is not None:
            memory += reference_bytes(reference.width * reference.height)
        return Estimate(round(sum(stages.values()), 2), stages, memory)


def look(order: Order, source: Source, models: Models, run: Run) -> Preview:
    """What networks do in a dry run: the faces are looked for. Raises as `pipeline.preview.preview`."""
    step = preview if order.task == "enhance" else preview_upscale
    return step(source.photo, order.options, preferred_models(order.output.preset, models), run)


def dry_run_photo(order: Order, models: Models, limits: PhotoLimits, estimator: Estimator, run: Run) -> DryRun:
    """The whole dry run in this thread, without reserving memory. Raises what `read` and `look` raise."""
    source = read(order, models, limits, lambda needed: None, run)
    return estimator.report(order, source, look(order, source, models, run), models, run)


def learn_from(order: Order, source: Source, computed: Computed, models: Models, pace: Pace, run: Run) -> None:
    """Let the machine's `pace` follow a photo that is done, answer included."""
    enhanced = computed.enhanced
    height, width = enhanced.image.shape[:2]
    sizes = _sizes(source, width * height)
    costs = costs_of(order, enhanced.workload, models, source.file, sizes)
    costs.append(decoding_cost(source.photo_format, sizes.photo))
    pace.learn(costs, {stage: milliseconds / 1000 for stage, milliseconds in run.timings_ms.items()})


def _sizes(source: Source, result_pixels: int) -> Sizes:
    photo, compared = ((each.width * each.height) / 1e6 for each in (source.photo, source.target))
    return Sizes(photo, result_pixels / 1e6, compared)


def _perceptual(order: Order, source: Source, models: Models, run: Run) -> tuple[dict[str, str], list[Notice]]:
    """The perceptual network by its role if it will measure; if not although metrics are asked for, why."""
    network, target = models.perceptual, source.target
    if not order.output.metrics:
        return {}, []
    if network is not None and min(target.width, target.height) >= network.smallest_side:
        return {"perceptual": network.name}, []
    distance, smallest_side = (None, 0) if network is None else (network.distance, network.smallest_side)
    missing = perceptual_figure(target.image, target.image, distance, smallest_side, run.check).missing
    return {}, [] if missing is None else [Notice(*missing)]
