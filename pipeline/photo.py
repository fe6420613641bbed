"""The list of steps that a photo goes through, each with values in and values out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from pipeline.grey import to_grey
from pipeline.models.roles import Model, Models, Upscaler
from pipeline.notices import face_notices
from pipeline.options import EnhanceOptions
from pipeline.plan import Plan, make_plan, request_faces, to_align
from pipeline.run import Run
from pipeline.steps.alignment import align
from pipeline.steps.benefit import lock_colors, without_blurrier, without_unchanged
from pipeline.steps.blending import paste_back, with_masks
from pipeline.steps.boxed_faces import boxes_in_photo, with_boxed
from pipeline.steps.color import correct
from pipeline.steps.detection import detect
from pipeline.steps.identity import compare, judge
from pipeline.steps.restoration import restore
from pipeline.steps.upscaling import enlargement, output_size, pixels_of_passes, upscale, upscale_alpha
from pipeline.types import Enhanced, Image, Photo, PlannedFace, Workload
from pipeline.upscaler_choice import choose_upscalers

OnPlanned: TypeAlias = Callable[[Workload], None]


def enhance(
    photo: Photo, options: EnhanceOptions, models: Models, run: Run, on_planned: OnPlanned | None = None
) -> Enhanced:
    """The photo with its faces restored, at the size that `options` ask for.

    The same photo, options and models give the same pixels. `options` may name a restorer and an upscaler that
    `models` offer. `on_planned` is called in this thread once the faces are known, before the long part of the work.

    Raises `NoFaceDetected` where a face is required and none is found, `UnknownFace` for an override of a face that
    the photo does not have, `BadFaceBox` for a box that the photo has no room for, `StageFailed`, `DeviceOutOfMemory`,
    `DeadlineExceeded` and `Cancelled`.
    """
    models = models.chosen(options.restorer, options.upscaler)
    size = photo.width, photo.height
    new_size = output_size(*size, options)
    image = corrected(photo, options, run)
    plan = plan_faces(image, options, models, run)
    passes, upscaler_notices = choose_upscalers(options, enlargement(size, new_size), models)
    load = workload(size, new_size, passes, plan)
    if on_planned is not None:
        on_planned(load)
    with run.stage("restoration"):
        faces = restore(plan.faces, models.restorer, run)
        if photo.is_grey:
            faces = [replace(face, restored=to_grey(face.restored)) for face in faces]
        if options.color_lock:
            faces = lock_colors(faces)
        faces = without_unchanged(faces)
    with run.stage("identity"):
        faces = judge(faces, models.recogniser, options, run)
    with run.stage("upscaling"):
        background = upscale(image, new_size, passes, run)
        alpha = upscale_alpha(photo.alpha, new_size, run)
    with run.stage("blending"):
        faces = without_blurrier(faces, background, size, run)
        faces = with_masks(faces, models.parser, run)
        result = _pasted(photo, background, faces, run)
    while faces and models.recogniser is not None:
        pasted = [face.verdict.strength for face in faces]
        with run.stage("identity"):
            faces = compare(image, result, faces, models.recogniser, options, run)
        if pasted == [face.verdict.strength for face in faces]:
            break
        with run.stage("blending"):  # again, with less strength, so that the face stays the same person
            del result  # or two pictures of the output's size would be in memory at once, beside the background
            result = _pasted(photo, background, faces, run)
    reports = plan.report(faces)
    notices = (*photo.notices, *face_notices(options, reports, models), *upscaler_notices, *run.notices)
    used = face_models(plan, models) | upscaler_names(passes)
    return Enhanced(result, alpha, reports, used, notices, photo.is_grey, load)


def upscale_photo(
    photo: Photo, options: EnhanceOptions, models: Models, run: Run, on_planned: OnPlanned | None = None
) -> Enhanced:
    """The photo at its new size as a whole, without looking for faces. Raises as `enhance` does, except for faces."""
    size = photo.width, photo.height
    new_size = output_size(*size, options)
    image = corrected(photo, options, run)
    models = models.chosen(None, options.upscaler)
    passes, notices = choose_upscalers(options, enlargement(size, new_size), models)
    load = workload(size, new_size, passes)
    if on_planned is not None:
        on_planned(load)
    with run.stage("upscaling"):
        result = upscale(image, new_size, passes, run)
        alpha = upscale_alpha(photo.alpha, new_size, run)
        if photo.is_grey:
            result = to_grey(result, check=run.check)
    notices = [*photo.notices, *notices, *run.notices]
    return Enhanced(result, alpha, (), upscaler_names(passes), tuple(notices), photo.is_grey, load)


def plan_faces(image: Image, options: EnhanceOptions, models: Models, run: Run) -> Plan:
    """The faces of `image` (H, W, 3) and what is to be done with each. Raises as `enhance` does."""
    height, width = image.shape[:2]
    with run.stage("detection"):
        boxes = boxes_in_photo(options.face_boxes, width, height)
        found = detect(image, models.detector, run, parts=1 + len(boxes))
        found = with_boxed(image, found, boxes, models.detector, run)
        requests = request_faces(found, options, (width, height))
    with run.stage("alignment"):
        crops = align(image, to_align(requests), run)
    return make_plan(requests, crops, models.restorer.max_native_size)


def corrected(photo: Photo, options: EnhanceOptions, run: Run) -> Image:
    """The photo's image, its colours corrected if `options` ask for that."""
    if options.color_correction == "none":
        return photo.image
    with run.stage("color"):
        return correct(photo.image, run.check)


def _pasted(photo: Photo, background: Image, faces: Sequence[PlannedFace], run: Run) -> Image:
    """The enlarged photo with the restored faces, as a new image; of a grey photo without the networks' colours."""
    result = paste_back(background, (photo.width, photo.height), faces, run)
    return to_grey(result, out=result, check=run.check) if photo.is_grey else result


def workload(
    size: tuple[int, int], new_size: tuple[int, int], passes: Sequence[Upscaler], plan: Plan | None = None
) -> Workload:
    """What there is to do for a photo of `size` that becomes `new_size`, both (width, height)."""
    pixels = zip((upscaler.name for upscaler in passes), pixels_of_passes(size, new_size, passes), strict=True)
    return Workload(() if plan is None else tuple(face.crop.native_size for face in plan.faces), tuple(pixels))


def face_models(plan: Plan, models: Models) -> dict[str, str]:
    """The models that look for faces and work on those of the plan, by role."""
    used = _names(detector=models.detector)
    if plan.faces:
        used |= _names(restorer=models.restorer, parser=models.parser, recogniser=models.recogniser)
    return used


def upscaler_names(passes: Sequence[Upscaler]) -> dict[str, str]:
    """The upscaler of each pass, as `upscaler` and `second_upscaler`."""
    roles = ("upscaler", "second_upscaler")
    return {role: upscaler.name for role, upscaler in zip(roles, passes, strict=False)}


def _names(**models: Model | None) -> dict[str, str]:
    """Role → name of each model that is not None."""
    return {role: model.name for role, model in models.items() if model is not None}
