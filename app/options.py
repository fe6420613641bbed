"""Everything that a request may ask for, as one table: the forms, `/config` and the command line are made from it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, get_args

from app.face_overrides import EXAMPLE, FaceOverrides
from pipeline.options import Background, ColorCorrection, EnhanceOptions, FaceChoice, IdentityPolicy, OutputFormat

_DEFAULT = EnhanceOptions()


@dataclass(frozen=True, slots=True)
class Option:
    """One row."""

    name: str
    type: Any  # what pydantic reads the value as
    default: Any
    words: str | None  # a sentence for people; None where the name says it
    bounds: tuple[int, int] | None = None  # the lowest and the highest number
    upscales: bool = False  # whether it can be asked for where no faces are looked for
    by_model: bool = False  # whether it depends on the models that are installed
    example: str | None = None

    @property
    def choices(self) -> list[str]:
        """The words to choose from; empty for an option that is no such choice."""
        return [] if self.type in (bool, int, float, str, FaceOverrides) else list(get_args(self.type))


def _pipeline(name: str, kind: Any, words: str, bounds: tuple[int, int] | None = None, **more: Any) -> Option:
    """The row of an option whose default is the pipeline's."""
    return Option(name, kind, getattr(_DEFAULT, name), words, bounds, **more)


OPTIONS: tuple[Option, ...] = (
    _pipeline("upscale_factor", float, "output size over input size", (1, 4), upscales=True),
    _pipeline("strength", float, "blend of restored and upscaled face; 0 leaves the face upscaled only", (0, 1)),
    _pipeline("faces", FaceChoice, "which faces to restore"),
    Option(
        "face_overrides",
        FaceOverrides,
        None,
        "strength of single faces, before `strength` and `faces`: a JSON object, the face's place (0, 1, …) in "
        "`data.faces` of an earlier answer for the same photo and `color_correction` → strength from 0, which "
        "leaves that face upscaled only, to 1",
        example=EXAMPLE,
    ),
    _pipeline("require_face", bool, "true: no face is an error; false: upscale all the same"),
    _pipeline("restorer", str, "another restorer that the server offers, see /api/v1/config", by_model=True),
    _pipeline("color_correction", ColorCorrection, "auto: white balance and contrast of a faded photo", upscales=True),
    _pipeline("background", Background, "upscale: by a network; resample: Lanczos, no network", upscales=True),
    _pipeline(
        "upscaler", str, "another upscaler that the server offers, see /api/v1/config", upscales=True, by_model=True
    ),
    _pipeline(
        "denoise_strength",
        float,
        "less than 1 leaves noise and grain; for upscalers that can, others warn",
        (0, 1),
        upscales=True,
        by_model=True,
    ),
    _pipeline("identity_policy", IdentityPolicy, "protect: lower the strength to keep the likeness"),
    Option("output_format", OutputFormat, "png", None, upscales=True),
    Option("quality", int, 95, "of JPEG and WebP", (1, 100), upscales=True),
    Option("metrics", bool, True, "false: leave the quality metrics out", upscales=True),
    _pipeline(
        "identity_threshold",
        float,
        "similarity under which a face is another person, on the recogniser's scale; unless given, what "
        "/api/v1/config says",
        (-1, 1),
    ),
)


def enhance_options(values: Mapping[str, Any], identity_threshold: float | None) -> EnhanceOptions:
    """What the pipeline is asked for by `values`, by name; of an option that is not among them the default."""
    known = {field.name for field in fields(EnhanceOptions)}
    overrides = values.get("face_overrides") or {}
    return EnhanceOptions(
        **{name: value for name, value in values.items() if name in known}
        | {"face_overrides": tuple(sorted(overrides.items())), "identity_threshold": identity_threshold}
    )
