"""The report about a finished photo: what the JSON document shows beside the picture."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, with_config

from metrics.report import Figures
from pipeline.types import PASTED, FaceAction, FaceReport


@dataclass(frozen=True, slots=True)
class Metrics:
    """How the output compares with `reference`: the input (how much was changed) or an uploaded ground truth."""

    psnr: Annotated[float | None, Field(description="dB, higher is more alike; null if the pictures are identical")]
    ssim: Annotated[float | None, Field(description="structural similarity, 1 for identical pictures")]
    lpips: Annotated[float | None, Field(description="perceptual distance, 0 for identical pictures")]
    identity_similarity: Annotated[
        float | None,
        Field(description="the lowest over the restored faces, cosine in [-1, 1] on the scale of `models.recogniser`"),
    ]
    reference: Literal["input", "upload"]


@dataclass(frozen=True, slots=True)
class FaceOut:
    """One detected face and what was done with it. Box (x0, y0, x1, y1) and landmarks in input pixels."""

    box: list[float]
    landmarks: list[list[float]]
    landmarks_estimated: Annotated[
        bool,
        Field(description="true where they are derived from a box of `face_boxes`, in which the detector sees no face"),
    ]
    score: float
    blur: Annotated[
        float | None,
        Field(
            description="how blurred it was, in pixels of the photo (standard deviation); null for a face that was not "
            "asked for or is too small"
        ),
    ]
    identity_similarity: Annotated[
        float | None,
        Field(
            description="of the face before and after, cosine in [-1, 1] on the scale of `models.recogniser`; null for "
            "a face that is as it was, and without a recogniser"
        ),
    ]
    strength: float
    action: FaceAction
    reason: str | None


@with_config(ConfigDict(title="Warning"))
@dataclass(frozen=True, slots=True)
class WarningOut:
    """Something to know that is no failure."""

    code: str
    message: str


@dataclass(frozen=True)
class Report:
    """Everything there is to say about a finished photo but its pixels."""

    media_type: str
    width: int
    height: int
    metrics: Annotated[Metrics | None, Field(description="null if they were not asked for")]
    faces: list[FaceOut]
    processing_time_ms: int
    timings_ms: dict[str, float]
    models: dict[str, str]
    warning: Annotated[str | None, Field(description="the first warning's sentence")]
    warnings: list[WarningOut]

    @property
    def restored(self) -> int:
        """How many of the faces were restored."""
        return restored_of(self.faces)


def restored_of(faces: Iterable[FaceOut]) -> int:
    """How many of the faces are restored."""
    return sum(face.action in PASTED for face in faces)


def metrics_of(figures: Figures, faces: tuple[FaceReport, ...]) -> Metrics:
    """The metrics as the report shows them, with the lowest similarity of the restored faces."""
    similarities = [
        face.verdict.identity_similarity
        for face in faces
        if face.verdict.is_pasted and face.verdict.identity_similarity is not None
    ]
    return Metrics(
        psnr=figures.psnr,
        ssim=figures.ssim,
        lpips=figures.lpips,
        identity_similarity=min(similarities, default=None),
        reference=figures.reference,
    )


def rounded(timings_ms: dict[str, float]) -> dict[str, float]:
    """Milliseconds to a tenth: anything finer is noise."""
    return {stage: round(value, 1) for stage, value in timings_ms.items()}


def face_out(report: FaceReport) -> FaceOut:
    """One face as the report shows it."""
    face, verdict = report.face, report.verdict
    return FaceOut(
        box=[round(float(value), 2) for value in face.box],
        landmarks=[[round(float(x), 2), round(float(y), 2)] for x, y in face.landmarks],
        landmarks_estimated=face.landmarks_estimated,
        score=round(face.score, 4),
        blur=None if report.blur is None else round(report.blur, 2),
        identity_similarity=verdict.identity_similarity,
        strength=verdict.strength,
        action=verdict.action,
        reason=verdict.reason,
    )
