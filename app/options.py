"""Everything that a request may ask for, as one table: the forms, `/config` and the command line are made from it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from app import face_boxes, face_overrides
from pipeline.options import (
    MAX_FACE_BOXES,
    MIN_BOX_SIDE,
    About,
    ColorProfile,
    EnhanceOptions,
    FileOptions,
    MetadataChoice,
    OutputChoice,
)

PresetName: TypeAlias = Literal["fast", "balanced", "best", "old_photo", "sharper", "larger"]


@dataclass(frozen=True, slots=True)
class OutputOptions(FileOptions):
    """What the user asks for beside the pixels. Each field is `Annotated[type, About]`."""

    output_format: Annotated[OutputChoice, About("same: the format of the photo", upscales=True)] = "png"
    color_profile: Annotated[
        ColorProfile, About("srgb: converted to sRGB; keep: the photo's own colour profile", upscales=True)
    ] = "srgb"
    metadata: Annotated[
        MetadataChoice, About("keep: the photo's EXIF, IPTC and XMP, without its location", upscales=True)
    ] = "none"
    keep_location: Annotated[bool, About("true: with metadata=keep also where it was taken", upscales=True)] = False
    preset: Annotated[
        PresetName,
        About(
            "sets the fields that are not given: quick, usual or as good as can be; or for an old photo, to make faces "
            "sharper without changing them much, or only to enlarge",
            upscales=True,
        ),
    ] = "balanced"
    metrics: Annotated[bool, About("false: leave the quality metrics out", upscales=True)] = True
    dry_run: Annotated[
        bool, About("true: only look for faces and estimate time and memory; no picture", upscales=True)
    ] = False
    preview: Annotated[
        bool,
        About("true: with dry_run=true also a small JPEG of the photo, for who cannot show its format", upscales=True),
    ] = False


@dataclass(frozen=True, slots=True)
class Option:
    """One row. `type` is what pydantic reads the value as; `about` is a sentence for people, bounds and the like.

    `parse` reads the text of an option that is JSON, and raises `PydanticCustomError`; its type uses it already, and
    says that the option may be absent.
    """

    name: str
    type: Any
    default: Any
    about: About
    example: str | None = None
    parse: Callable[[Any], Any] | None = None

    @property
    def choices(self) -> list[str]:
        """The words to choose from; empty for an option that is no such choice."""
        return list(get_args(self.type)) if get_origin(self.type) is Literal else []


# Where the forms have another type or other words than the pipeline.
_FORM_TYPES: Mapping[str, Mapping[str, Any]] = {
    "face_overrides": {
        "type": face_overrides.FaceOverrides,
        "default": None,
        "example": face_overrides.EXAMPLE,
        "parse": face_overrides.parse,
    },
    "face_boxes": {
        "type": face_boxes.FaceBoxes,
        "default": None,
        "example": face_boxes.EXAMPLE,
        "parse": face_boxes.parse,
    },
}
_FORM_WORDS = {
    "face_overrides": "strength of single faces, before `strength` and `faces`: a JSON object, the face's place "
    "(0, 1, …) in `data.faces` of an earlier answer for the same photo, `color_correction` and `face_boxes` → strength "
    "from 0, which leaves that face upscaled only, to 1",
    "face_boxes": "faces that the detector may not see by itself: a JSON list of at most "
    f"{MAX_FACE_BOXES} boxes [x0, y0, x1, y1] in pixels of the upright photo, at least {MIN_BOX_SIDE} pixels a side; "
    "each is looked at closely, and where no face is seen, its landmarks are estimated from the box",
    "restorer": "another restorer that the server offers, see /api/v1/config",
    "upscaler": "another upscaler that the server offers, see /api/v1/config",
    "identity_threshold": "similarity under which a face is another person, on the recogniser's scale; unless given, "
    "what /api/v1/config says",
}


def table_of(options: type[EnhanceOptions | OutputOptions]) -> Iterator[Option]:
    """A row for each field of a dataclass of options."""
    kinds = get_type_hints(options, include_extras=True)
    for field in fields(options):
        kind, about = get_args(kinds[field.name])
        if get_origin(kind) in (Union, UnionType):  # an option that has no default: `str` of `str | None`
            kind = next(part for part in get_args(kind) if part is not NoneType)
        yield Option(field.name, kind, field.default, about)


def _in_a_form(option: Option) -> Option:
    words = _FORM_WORDS.get(option.name, option.about.words)
    return replace(option, about=replace(option.about, words=words), **_FORM_TYPES.get(option.name, {}))


OPTIONS = tuple(_in_a_form(option) for table in (EnhanceOptions, OutputOptions) for option in table_of(table))


def enhance_options(values: Mapping[str, Any], identity_threshold: float | None) -> EnhanceOptions:
    """The pipeline's options from `values`, name → value. What `values` lacks has its default."""
    overrides = values.get("face_overrides") or {}
    return EnhanceOptions(
        **_fields(EnhanceOptions, values)
        | {
            "face_overrides": tuple(sorted(overrides.items())),
            "face_boxes": values.get("face_boxes") or (),
            "identity_threshold": identity_threshold,
        }
    )


def output_options(values: Mapping[str, Any]) -> OutputOptions:
    """The other options from `values`, name → value. What `values` lacks has its default."""
    return OutputOptions(**_fields(OutputOptions, values))


def _fields(options: type[EnhanceOptions | OutputOptions], values: Mapping[str, Any]) -> dict[str, Any]:
    known = {field.name for field in fields(options)}
    return {name: value for name, value in values.items() if name in known}
