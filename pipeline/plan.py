"""The plan for a photo's faces: which of them are restored, how strongly, and why the others are kept as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.errors import NoFaceDetected, UnknownFace
from pipeline.notices import NO_FACE_ADVICE
from pipeline.options import EnhanceOptions, FaceChoice
from pipeline.types import Crop, Face, FaceReport, FloatArray, PlannedFace, Verdict


@dataclass(frozen=True, slots=True)
class FaceRequest:
    """What is asked for one detected face: its strength in [0, 1], and if that is 0, the reason."""

    face: Face
    strength: float
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """`faces` go to the restorer; `kept` has the verdict on every other face, by its position among all of them.

    `blurs` has the blur of every aligned face, by the same position.
    """

    faces: list[PlannedFace]
    kept: Mapping[int, Verdict]
    detected: tuple[Face, ...]
    blurs: Mapping[int, float]

    def report(self, faces: Sequence[PlannedFace]) -> tuple[FaceReport, ...]:
        """A report for every detected face, in the order of detection; `faces` are the planned ones with verdicts."""
        verdicts = {**self.kept, **{face.index: face.verdict for face in faces}}
        return tuple(
            FaceReport(face, verdicts[index], self.blurs.get(index)) for index, face in enumerate(self.detected)
        )


def request_faces(faces: Sequence[Face], options: EnhanceOptions, size: tuple[int, int]) -> list[FaceRequest]:
    """What `options` ask for each face of a photo of `size` (width, height): its override, else `strength` if chosen.

    Raises `NoFaceDetected` where a face is required and there is none, and `UnknownFace` for an override of a face
    that the photo does not have.
    """
    if not faces and options.require_face:
        raise NoFaceDetected(f"No face was found in this photo. {NO_FACE_ADVICE}")
    overrides = dict(options.face_overrides)
    for index in overrides:
        if index not in range(len(faces)):
            raise UnknownFace(f"face_overrides names face {index}; this photo has {_count(faces)}.")
    requests = []
    for index, (face, is_chosen) in enumerate(zip(faces, select(faces, options.faces, size), strict=True)):
        if index in overrides:
            reason = "Left as it was, as asked for this face: upscaled only."
            requests.append(_request(face, overrides[index], reason))
        elif is_chosen:
            requests.append(_request(face, options.strength, "Strength 0: upscaled only."))
        else:
            requests.append(FaceRequest(face, 0.0, "Not among the faces that were asked for."))
    return requests


def select(faces: Sequence[Face], choice: FaceChoice, size: tuple[int, int]) -> list[bool]:
    """For each face, whether it is chosen: all, the largest, or the nearest to the centre of `size` (width, height)."""
    if not faces or choice == "all":
        return [True] * len(faces)
    if choice == "largest":
        scores = [_area(face.box) for face in faces]
    else:
        middle = np.array(size, dtype=np.float32) / 2
        scores = [-float(np.linalg.norm((face.box[:2] + face.box[2:]) / 2 - middle)) for face in faces]
    best = int(np.argmax(scores))
    return [index == best for index in range(len(faces))]


def to_align(requests: Sequence[FaceRequest]) -> list[Face]:
    """The faces that are to be aligned: those with a strength above 0."""
    return [request.face for request in requests if request.strength > 0]


def make_plan(requests: Sequence[FaceRequest], crops: Sequence[Crop | None], max_native_size: float) -> Plan:
    """The plan for these requests; `crops` has one entry for each face of `to_align`, None where it cannot be aligned.

    Faces whose detail would fill a square of more than `max_native_size` pixels are kept: a sharp one of that size, or
    a blurred one that is larger by as much as it is blurred.
    """
    faces: list[PlannedFace] = []
    kept: dict[int, Verdict] = {}
    blurs: dict[int, float] = {}
    remaining = iter(crops)
    for index, request in enumerate(requests):
        crop = next(remaining) if request.strength > 0 else None
        if crop is not None:
            blurs[index] = crop.blur
        if request.strength == 0:
            kept[index] = Verdict("kept", 0.0, reason=request.reason)
        elif crop is None:
            kept[index] = Verdict("kept", 0.0, reason="Too small to restore: its eyes are under 5 pixels apart.")
        elif crop.resolution > max_native_size:
            size, largest = f"{crop.native_size:.0f}", f"{max_native_size:.0f}"
            reason = f"At {size} pixels larger than this restorer's {largest}, and not blurred enough: upscaled only."
            kept[index] = Verdict("kept", 0.0, reason=reason)
        else:
            verdict = Verdict("restored", request.strength)
            faces.append(PlannedFace(index, request.face, crop, request.strength, verdict, restored=crop.image))
    return Plan(faces, kept, tuple(request.face for request in requests), blurs)


def _request(face: Face, strength: float, reason_for_zero: str) -> FaceRequest:
    return FaceRequest(face, strength) if strength > 0 else FaceRequest(face, 0.0, reason_for_zero)


def _count(faces: Sequence[Face]) -> str:
    if len(faces) > 1:
        return f"{len(faces)} faces, 0 to {len(faces) - 1}"
    return "one face, 0" if faces else "no face"


def _area(box: FloatArray) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))
