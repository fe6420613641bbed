"""Everything that a request may ask for, as one table: the forms, `/config` and the command line are made from it."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from types import UnionType
from typing import Any, get_args, get_type_hints

from app.face_overrides import EXAMPLE, FaceOverrides
from pipeline.options import EnhanceOptions, OutputFormat


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


# What a form says of an option of the pipeline in another way.
_IN_FORMS: Mapping[str, Mapping[str, Any]] = {
    "face_overrides": {
        "type": FaceOverrides,
        "default": None,
        "words": "strength of single faces, before `strength` and `faces`: a JSON object, the face's place (0, 1, …) "
        "in `data.faces` of an earlier answer for the same photo and `color_correction` → strength from 0, which "
        "leaves that face upscaled only, to 1",
        "example": EXAMPLE,
    },
    "restorer": {"words": "another restorer that the server offers, see /api/v1/config"},
    "upscaler": {"words": "another upscaler that the server offers, see /api/v1/config"},
    "identity_threshold": {
        "words": "similarity under which a face is another person, on the recogniser's scale; unless given, what "
        "/api/v1/config says"
    },
}


def _of_the_pipeline() -> Iterator[Option]:
    """A row for each field of `EnhanceOptions`."""
    kinds = get_type_hints(EnhanceOptions, include_extras=True)
    for field in fields(EnhanceOptions):
        kind, about = get_args(kinds[field.name])
        value_type = get_args(kind)[0] if isinstance(kind, UnionType) else kind  # `str` of `str | None`
        option = Option(field.name, value_type, field.default, **asdict(about))
        yield replace(option, **_IN_FORMS.get(field.name, {}))


OPTIONS: tuple[Option, ...] = (
    *_of_the_pipeline(),
    Option("output_format", OutputFormat, "png", None, upscales=True),
    Option("quality", int, 95, "of JPEG and WebP", (1, 100), upscales=True),
    Option("metrics", bool, True, "false: leave the quality metrics out", upscales=True),
)


def enhance_options(values: Mapping[str, Any], identity_threshold: float | None) -> EnhanceOptions:
    """What the pipeline is asked for by `values`, by name; of an option that is not among them the default."""
    known = {field.name for field in fields(EnhanceOptions)}
    overrides = values.get("face_overrides") or {}
    return EnhanceOptions(
        **{name: value for name, value in values.items() if name in known}
        | {"face_overrides": tuple(sorted(overrides.items())), "identity_threshold": identity_threshold}
    )
