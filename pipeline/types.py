"""The values that are passed between steps.

Images are RGB, float32, range [0, 1], shape (H, W, 3), C-contiguous, never written in place. Boxes and
landmarks are float32 pixels of the upright input image, with the centre of the top-left pixel at (0, 0).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float32]
Image: TypeAlias = npt.NDArray[np.float32]

CROP_SIZE = 512
# Pixels, standard deviation: a face that is blurred less is taken to need all of its pixels. A little more than what
# averaging pixels blurs, so that a face is rather called sharp.
SHARP_BLUR = 0.9

DeviceChoice: TypeAlias = Literal["auto", "cpu", "cuda"]
Precision: TypeAlias = Literal["auto", "fp32", "bf16", "fp16"]
FaceAction: TypeAlias = Literal["restored", "softened", "unchanged", "kept"]
PASTED: frozenset[FaceAction] = frozenset({"restored", "softened"})  # a restored face goes into the picture


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know although nothing failed: a stable code and a sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Density:
    """Pixels per inch across and down, at which a picture is to be printed or shown."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class FileTags:
    """What a file has beside its pixels; each may be missing.

    `profile`: the ICC profile that says what the pixels' numbers mean; None stands for sRGB. `exif`: a TIFF structure,
    little-endian and whole (without the `Exif` mark that JPEG puts before it). `xmp`: a packet (XML in UTF-8). `iptc`:
    IPTC-IIM datasets, without Photoshop's frame around them.
    """

    profile: bytes | None = None
    exif: bytes = b""
    xmp: bytes = b""
    iptc: bytes = b""
    density: Density | None = None


@dataclass(frozen=True, slots=True)
class Photo:
    """A decoded photo, upright: `image` (H, W, 3), and `alpha` (H, W) in [0, 1] if it had any.

    Where `alpha` is 0, `image` has the colour of visible pixels near it instead of what the file hides there: else
    resampling would mix that into visible edges. Only a photo without any visible pixel is as in the file. Where
    `is_grey`, the photo is black-and-white: its three channels are equal, and so are those of the result. `profile` is
    the ICC profile that the numbers of `image` are meant in; None for sRGB.
    """

    image: Image
    alpha: FloatArray | None = None
    notices: tuple[Notice, ...] = ()
    is_grey: bool = False
    profile: bytes | None = None

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.image.shape[1])

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.image.shape[0])


@dataclass(frozen=True, slots=True)
class Face:
    """A detected face: `box` (x0, y0, x1, y1), `landmarks` (5, 2) and the detector's `score` in [0, 1].

    Landmarks are left eye, right eye, nose tip, left and right mouth corner, in image order.
    `landmarks_estimated` is true where the landmarks were derived from a box that the user gave; the score is then 0.
    """

    box: FloatArray
    landmarks: FloatArray
    score: float
    landmarks_estimated: bool = False


@dataclass(frozen=True, slots=True)
class Crop:
    """An aligned face: `image` (512, 512, 3), and `affine_matrix` (2, 3) from photo pixels to crop pixels.

    `blur`: how blurred the face is, as the standard deviation of a Gaussian in photo pixels.
    """

    image: Image
    affine_matrix: npt.NDArray[np.float64]
    blur: float = 0.0

    @property
    def native_size(self) -> float:
        """Side, in photo pixels, of the square that became this crop."""
        scale = float(np.hypot(self.affine_matrix[0, 0], self.affine_matrix[1, 0]))
        return CROP_SIZE / scale

    @property
    def resolution(self) -> float:
        """The native size in px at which the face would keep all its detail: less than `native_size` if blurred."""
        return self.native_size / max(1.0, self.blur / SHARP_BLUR)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is done with one face, how strongly (in [0, 1]), and why where it is less than asked.

    `identity_similarity` is the cosine in [-1, 1] of the face before and after; None where it was not measured.
    """

    action: FaceAction
    strength: float
    identity_similarity: float | None = None
    reason: str | None = None

    @property
    def is_pasted(self) -> bool:
        """Whether a restored face goes into the picture."""
        return self.action in PASTED


@dataclass(frozen=True, slots=True)
class PlannedFace:
    """A face that is to be restored, with what the steps have found so far. Each step returns new values of it.

    `index` is the face's position among all detected faces of the photo. `strength` in (0, 1] is as asked; `verdict`
    holds the strength that the face is pasted with. `restored` (512, 512, 3) is the crop's own image until restoration.
    `mask` (512, 512) in [0, 1] comes from the face parser; None stands for the ellipse. `embedding` (D,) is the
    recogniser's vector for the face in the photo, once it has been computed.
    """

    index: int
    face: Face
    crop: Crop
    strength: float
    verdict: Verdict
    restored: Image
    mask: FloatArray | None = None
    embedding: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class FaceReport:
    """What was done to one detected face.

    `blur`: how blurred it was, as the standard deviation of a Gaussian in pixels of the photo; None where it was not
    aligned.
    """

    face: Face
    verdict: Verdict
    blur: float | None = None


@dataclass(frozen=True, slots=True)
class Workload:
    """How much there is to do for a photo, which its time depends on.

    `native_sizes`: of each face that goes to the restorer, the side of its crop in photo pixels. `network_pixels`: for
    each pass of an upscaler its name and the input pixels of all its tiles, overlaps and margins included.
    """

    native_sizes: tuple[float, ...] = ()
    network_pixels: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Enhanced:
    """The result of the pipeline: `image` (H, W, 3), `alpha` (H, W) if the photo had any, and what was done.

    `models` maps each role to the name of the model that was used. Where `is_grey`, the three channels are equal.
    """

    image: Image
    alpha: FloatArray | None
    faces: tuple[FaceReport, ...] = ()
    models: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    is_grey: bool = False
    workload: Workload = field(default_factory=Workload)
