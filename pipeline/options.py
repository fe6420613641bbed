"""The options of the pipeline for one photo, and what is known of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

FaceChoice: TypeAlias = Literal["all", "largest", "center"]
ColorCorrection: TypeAlias = Literal["none", "auto"]
Background: TypeAlias = Literal["upscale", "resample"]
IdentityPolicy: TypeAlias = Literal["warn", "protect"]
OutputFormat: TypeAlias = Literal["png", "jpeg", "webp", "avif", "tiff"]
OutputChoice: TypeAlias = Literal[OutputFormat, "same"]
ChromaSubsampling: TypeAlias = Literal["auto", "4:4:4", "4:2:0"]
BitDepth: TypeAlias = Literal["8", "16"]
ColorProfile: TypeAlias = Literal["srgb", "keep"]
MetadataChoice: TypeAlias = Literal["none", "keep"]

FaceBox: TypeAlias = tuple[float, float, float, float]

FULL_CHROMA_QUALITY = 90  # from here on `chroma_subsampling=auto` keeps colours at full size
MAX_FACE_BOXES = 64
MIN_BOX_SIDE = 10  # pixels: the eyes of a smaller face are too close to each other for it to be restored
SIDE = (16, 32_768)  # pixels: the bounds of `width`, `height` and `long_side`
SIZES = ("upscale_factor", "width", "height", "long_side")  # options of which a request gives at most one


@dataclass(frozen=True, slots=True)
class About:
    """What is known of an option beside its name, type and default.

    `words`: a sentence for people; None where the name says it. `bounds`: the lowest and the highest number.
    `upscales`: whether it also applies to a photo that is only enlarged. `by_model`: whether it depends on the models
    that are installed.
    """

    words: str | None = None
    bounds: tuple[int, int] | None = None
    upscales: bool = False
    by_model: bool = False


@dataclass(frozen=True, slots=True)
class EnhanceOptions:
    """What the user asks for. Each field is `Annotated[type, About]`; the defaults are those of every interface.

    `width`, `height` and `long_side` are pixels of the upright result, whose other side follows from the photo's
    proportions. They go before `upscale_factor`; of the four `SIZES` at most one is to be given.
    `face_overrides` are pairs of a face's index and its strength; they go before `strength` and `faces`. `face_boxes`
    are at most `MAX_FACE_BOXES` boxes (x0, y0, x1, y1), finite, in pixels of the upright photo.
    """

    upscale_factor: Annotated[float, About("output size over input size", (1, 8), upscales=True)] = 2.0
    width: Annotated[int | None, About("of the result in pixels, instead of upscale_factor", SIDE, upscales=True)] = (
        None
    )
    height: Annotated[int | None, About("of the result in pixels, instead of upscale_factor", SIDE, upscales=True)] = (
        None
    )
    long_side: Annotated[
        int | None,
        About("of the result in pixels, whichever side it is, instead of upscale_factor", SIDE, upscales=True),
    ] = None
    strength: Annotated[
        float, About("blend of restored and upscaled face; 0 leaves the face upscaled only", (0, 1))
    ] = 1.0
    faces: Annotated[FaceChoice, About("which faces to restore")] = "all"
    face_overrides: Annotated[
        tuple[tuple[int, float], ...], About("strength of single faces, before `strength` and `faces`")
    ] = ()
    face_boxes: Annotated[tuple[FaceBox, ...], About("faces that the detector may not see by itself")] = ()
    require_face: Annotated[bool, About("true: no face is an error; false: upscale all the same")] = True
    restorer: Annotated[str | None, About("another restorer that is offered", by_model=True)] = None
    color_lock: Annotated[bool, About("true: a restored face keeps the mean colour that it has in the photo")] = True
    color_correction: Annotated[
        ColorCorrection, About("auto: white balance and contrast of a faded photo", upscales=True)
    ] = "none"
    background: Annotated[Background, About("upscale: by a network; resample: Lanczos, no network", upscales=True)] = (
        "upscale"
    )
    upscaler: Annotated[str | None, About("another upscaler that is offered", upscales=True, by_model=True)] = None
    self_ensemble: Annotated[
        bool,
        About(
            "true: the upscaler sees the photo in eight positions, and the mean counts: eight times the time",
            upscales=True,
        ),
    ] = False
    identity_policy: Annotated[IdentityPolicy, About("protect: lower the strength to keep the likeness")] = "warn"
    identity_threshold: Annotated[
        float | None,
        About(
            "similarity under which a face is another person, on the recogniser's scale; unless given, its own",
            (-1, 1),
            by_model=True,
        ),
    ] = None
    denoise_strength: Annotated[
        float,
        About(
            "less than 1 leaves noise and grain; for upscalers that can, others warn",
            (0, 1),
            upscales=True,
            by_model=True,
        ),
    ] = 1.0


@dataclass(frozen=True, slots=True)
class FileOptions:
    """How the result's file is written in its format. Each field is `Annotated[type, About]`."""

    quality: Annotated[int, About("of JPEG, WebP and AVIF", (1, 100), upscales=True)] = 95
    lossless: Annotated[bool, About("true: WebP keeps every pixel, whatever the quality", upscales=True)] = False
    chroma_subsampling: Annotated[
        ChromaSubsampling,
        About("of JPEG and AVIF; auto: colours at full size from quality 90 on, at half below", upscales=True),
    ] = "auto"
    progressive: Annotated[bool, About("true: a JPEG that is shown coarsely first", upscales=True)] = False
    bit_depth: Annotated[BitDepth, About("of each channel; 16 in PNG and TIFF", upscales=True)] = "8"

    @property
    def chroma(self) -> Literal["4:4:4", "4:2:0"]:
        """The chroma subsampling, with `auto` decided by the quality."""
        if self.chroma_subsampling == "auto":
            return "4:4:4" if self.quality >= FULL_CHROMA_QUALITY else "4:2:0"
        return self.chroma_subsampling
