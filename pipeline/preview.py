"""What the pipeline would do with a photo, without doing it: its faces are looked for, nothing is restored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.models.roles import Models
from pipeline.notices import face_notices
from pipeline.options import EnhanceOptions
from pipeline.photo import corrected, face_models, plan_faces, upscaler_names, workload
from pipeline.run import Run
from pipeline.steps.upscaling import enlargement, output_size
from pipeline.types import FaceReport, Notice, Photo, Workload
from pipeline.upscaler_choice import choose_upscalers


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be done: for each face, with which models, and what the user should know beforehand.

    The verdict on a face is that of the plan: `restored` at the strength that is asked for, or `kept`. What only the
    finished face shows is unknown: its similarity, and whether it would be no better than the upscaled one.
    """

    faces: tuple[FaceReport, ...]
    models: Mapping[str, str]
    notices: tuple[Notice, ...]
    workload: Workload


def preview(photo: Photo, options: EnhanceOptions, models: Models, run: Run) -> Preview:
    """What `pipeline.photo.enhance` would do, with the same faces in the same order. Raises what it does."""
    models = models.chosen(options.restorer, options.upscaler)
    size = photo.width, photo.height
    new_size = output_size(*size, options)
    plan = plan_faces(corrected(photo, options, run), options, models, run)
    with run.stage("planning"):
        passes, upscaler_notices = choose_upscalers(options, enlargement(size, new_size), models)
    reports = plan.report(plan.faces)
    notices = (*photo.notices, *face_notices(options, reports, models), *upscaler_notices, *run.notices)
    used = face_models(plan, models) | upscaler_names(passes)
    return Preview(reports, used, notices, workload(size, new_size, passes, plan))


def preview_upscale(photo: Photo, options: EnhanceOptions, models: Models, run: Run) -> Preview:
    """What `pipeline.photo.upscale_photo` would do; nothing runs but the colour correction, for its time."""
    size = photo.width, photo.height
    new_size = output_size(*size, options)
    corrected(photo, options, run)
    models = models.chosen(None, options.upscaler)
    with run.stage("planning"):
        passes, notices = choose_upscalers(options, enlargement(size, new_size), models)
    notices = [*photo.notices, *notices, *run.notices]
    return Preview((), upscaler_names(passes), tuple(notices), workload(size, new_size, passes))
