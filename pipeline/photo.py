"""The way of a photo, readable at a glance: a literal list of steps, each with values in and values out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from pipeline.errors import NoFaceDetected
from pipeline.geometry import resize
from pipeline.models.roles import AdjustableUpscaler, Models, Named, Upscaler
from pipeline.models.runtime.allocator import return_freed_memory
from pipeline.options import EnhanceOptions
from pipeline.run import Run
from pipeline.steps.alignment import align
from pipeline.steps.blending import face_masks, paste_back
from pipeline.steps.color import correct
from pipeline.steps.detection import detect, wishes
from pipeline.steps.identity import compare, judge
from pipeline.steps.restoration import restore
from pipeline.steps.upscaling import output_size, upscale, upscaler_for
from pipeline.types import Crop, Enhanced, Face, FaceReport, FloatArray, Image, Notice, Photo, Verdict, Wish

WHAT_HELPS = (
    "A face must be at least 20 pixels wide, with eyes, nose and mouth mostly visible. If it is small in a large "
    "photo, send the part of the photo around it."
)


def enhance(photo: Photo, options: EnhanceOptions, models: Models, run: Run) -> Enhanced:
    """The photo with its faces restored, enlarged by `options.upscale_factor`.

    The same photo, options and models give the same pixels. `options` may name a restorer and an upscaler that
    `models` offer. Raises `NoFaceDetected` where a face is required and none is found, `UnknownFace` for
    an override of a face that the photo does not have, `StageFailed`, `DeviceOutOfMemory`, `DeadlineExceeded` and
    `Cancelled`.
    """
    models = models.chosen(options.restorer, options.upscaler)
    image = _corrected(photo, options, run)
    with run.stage("detection"):
        faces = detect(image, models.detector, run)
        if not faces and options.require_face:
            raise NoFaceDetected(f"No face was found in this photo. {WHAT_HELPS}")
        asked = wishes(faces, options, photo.width, photo.height)
    with run.stage("alignment"):
        aligned = align(image, [face for face, wish in zip(faces, asked, strict=True) if wish.strength > 0], run)
    plan = _plan(faces, asked, aligned, models.restorer.max_native_size)
    with run.stage("restoration"):
        restored = restore(plan.crops, models.restorer, run)
        return_freed_memory()  # what one network leaves is of the wrong sizes for the next, which would come on top
    with run.stage("identity"):
        verdicts = judge(
            plan.faces,
            plan.crops,
            restored,
            models.recogniser,
            strengths=plan.strengths,
            policy=options.identity_policy,
            threshold=options.identity_threshold,
            run=run,
        )
    with run.stage("upscaling"):
        upscaler, upscaler_notices = _upscaler(options, models)
        background = upscale(image, options.upscale_factor, upscaler, run)
        alpha = _enlarged_alpha(photo, options.upscale_factor)
        return_freed_memory()
    paste = partial(paste_back, background, (photo.width, photo.height), plan.crops, restored)
    with run.stage("blending"):
        strengths = [verdict.strength for verdict in verdicts]
        masks = face_masks(restored, strengths, models.parser, run)
        result = paste(masks, strengths, run)
    while plan.crops and models.recogniser is not None:
        with run.stage("identity"):
            verdicts = compare(
                image,
                result,
                plan.faces,
                verdicts,
                models.recogniser,
                strengths=plan.strengths,
                policy=options.identity_policy,
                threshold=options.identity_threshold,
                run=run,
            )
        if strengths == [verdict.strength for verdict in verdicts]:
            break
        with run.stage("blending"):  # again, as a face has to be pasted more faintly to stay the same person
            strengths = [verdict.strength for verdict in verdicts]
            del result  # a picture of the output's size less at once
            result = paste(masks, strengths, run)
    reports = plan.report(verdicts)
    used = _names(detector=models.detector)
    if plan.crops:
        used |= _names(restorer=models.restorer, parser=models.parser, recogniser=models.recogniser)
    notices = (*photo.notices, *_face_notices(options, reports, models), *upscaler_notices, *run.notices)
    return Enhanced(result, alpha, reports, used | _names(upscaler=upscaler), notices)


def upscale_photo(photo: Photo, options: EnhanceOptions, models: Models, run: Run) -> Enhanced:
    """The photo enlarged, its faces treated like everything else; raises as `enhance` does, but for faces."""
    image = _corrected(photo, options, run)
    models = models.chosen(None, options.upscaler)
    with run.stage("upscaling"):
        upscaler, notices = _upscaler(options, models)
        result = upscale(image, options.upscale_factor, upscaler, run)
        alpha = _enlarged_alpha(photo, options.upscale_factor)
    return Enhanced(result, alpha, (), _names(upscaler=upscaler), (*photo.notices, *notices, *run.notices))


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which faces go to the restorer, for what strength, and what is settled about the others (`settled`, by index)."""

    all_faces: Sequence[Face]
    indices: tuple[int, ...]
    crops: tuple[Crop, ...]
    strengths: tuple[float, ...]
    settled: dict[int, Verdict]

    @property
    def faces(self) -> list[Face]:
        """The faces that go to the restorer."""
        return [self.all_faces[index] for index in self.indices]

    def report(self, verdicts: Sequence[Verdict]) -> tuple[FaceReport, ...]:
        """A report for every face of the photo, in the order of detection."""
        found = self.settled | dict(zip(self.indices, verdicts, strict=True))
        return tuple(FaceReport(face, found[index]) for index, face in enumerate(self.all_faces))


def _plan(faces: Sequence[Face], asked: Sequence[Wish], aligned: Sequence[Crop | None], max_native: float) -> _Plan:
    indices, crops, strengths, settled = [], [], [], {}
    remaining = iter(aligned)
    for index, wish in enumerate(asked):
        crop = next(remaining) if wish.strength > 0 else None
        if wish.strength == 0:
            settled[index] = Verdict("kept", 0.0, reason=wish.reason)
        elif crop is None:
            settled[index] = Verdict("kept", 0.0, reason="Too small to restore: its eyes are under 5 pixels apart.")
        elif crop.native_size > max_native:
            reason = f"At {crop.native_size:.0f} pixels larger than this restorer's {max_native:.0f}: upscaled only."
            settled[index] = Verdict("kept", 0.0, reason=reason)
        else:
            indices.append(index)
            crops.append(crop)
            strengths.append(wish.strength)
    return _Plan(faces, tuple(indices), tuple(crops), tuple(strengths), settled)


def _corrected(photo: Photo, options: EnhanceOptions, run: Run) -> Image:
    if options.color_correction == "none":
        return photo.image
    with run.stage("color"):
        return correct(photo.image)


def _upscaler(options: EnhanceOptions, models: Models) -> tuple[Upscaler | None, list[Notice]]:
    """The network that enlarges the photo as asked, or None for plain resampling."""
    if options.background == "resample":
        if options.upscaler is None and options.denoise_strength == 1:
            return None, []
        message = "With background=resample no upscaler is used: upscaler and denoise_strength had no effect."
        return None, [Notice("upscaler_unused", message)]
    upscaler, notices = upscaler_for(options.upscale_factor, models.upscalers), []
    if upscaler.scale < options.upscale_factor:
        message = f"{upscaler.name} enlarges {upscaler.scale} times; what is beyond that was resampled."
        notices.append(Notice("upscaler_too_small", message))
    if options.denoise_strength == 1:
        return upscaler, notices
    if isinstance(upscaler, AdjustableUpscaler) and upscaler.adjustable:
        return upscaler.denoising(options.denoise_strength), notices
    able = [n for n, u in models.offered_upscalers.items() if isinstance(u, AdjustableUpscaler) and u.adjustable]
    message = f"{upscaler.name} cannot be told how much to denoise: denoise_strength had no effect."
    advice = f" These can, by name: {', '.join(able)}." if able else ""
    return upscaler, [*notices, Notice("denoise_unavailable", message + advice)]


def _enlarged_alpha(photo: Photo, factor: float) -> FloatArray | None:
    return None if photo.alpha is None else resize(photo.alpha, output_size(photo.width, photo.height, factor))


def _names(**models: Named | None) -> dict[str, str]:
    """Role → name of the models that there are."""
    return {role: model.name for role, model in models.items() if model is not None}


def _face_notices(options: EnhanceOptions, reports: Sequence[FaceReport], models: Models) -> list[Notice]:
    notices = []
    kept = [report for report in reports if report.verdict.action == "kept"]
    if not reports:
        notices.append(Notice("no_face_detected", f"No face was found; the photo was only upscaled. {WHAT_HELPS}"))
    elif len(kept) == len(reports):
        notices.append(Notice("no_face_restored", "No face was restored; the face reports say why."))
    if len(kept) < len(reports) and models.recogniser is None:
        if options.identity_policy == "protect":
            message = "The likeness could not be protected: no face recognition model is in use."
            notices.append(Notice("identity_not_protected", message))
        message = "Identity is unknown: no face recognition model is in use."
        notices.append(Notice("identity_unavailable", message))
    softened = sum(report.verdict.action == "softened" for report in reports)
    if softened:
        notices.append(
            Notice("identity_protected", f"Strength was lowered on {softened} face(s) to keep the likeness.")
        )
    below = sum(r.verdict.action == "restored" and r.verdict.reason is not None for r in reports)
    if below:
        notices.append(Notice("identity_low", f"{below} face(s) may no longer look like the same person."))
    return notices
