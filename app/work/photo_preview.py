"""A picture of the photo itself, for clients that cannot show its format."""

from dataclasses import dataclass
from typing import Annotated

import pybase64
from pydantic import Field

from app.work.photo import Source
from pipeline.codec.encode import encode
from pipeline.geometry import resize
from pipeline.options import FileOptions
from pipeline.run import Run
from pipeline.types import FileTags

SIDE = 1600  # pixels of the longer side at the most
_OPTIONS = FileOptions(quality=85)


@dataclass(frozen=True, slots=True)
class PhotoPreview:
    """The photo as it came in, upright, as a JPEG."""

    image: Annotated[str, Field(description="the JPEG, base64: in sRGB; with color_profile=keep in its own profile")]
    media_type: str
    width: Annotated[int, Field(description=f"of the JPEG in pixels; the longer side has at most {SIDE}")]
    height: int
    photo_width: Annotated[int, Field(description="of the whole photo, upright, in whose pixels boxes of faces are")]
    photo_height: int


def photo_preview(source: Source, run: Run) -> PhotoPreview:
    """The photo, no larger than it is; transparency is laid on white. Raises what a stage of `run` raises.

    It takes less memory than a result of the photo's size, for which `photo_bytes` reserves in any case.
    """
    photo = source.photo
    shrunk = min(1.0, SIDE / max(photo.width, photo.height))
    size = max(1, round(photo.width * shrunk)), max(1, round(photo.height * shrunk))
    with run.stage("preview"):
        image = resize(photo.image, size, check=run.check)
        alpha = None if photo.alpha is None else resize(photo.alpha, size, check=run.check)
        file = encode(image, alpha, "jpeg", _OPTIONS, is_grey=photo.is_grey, tags=FileTags(profile=photo.profile))
    text = pybase64.b64encode(file.data).decode("ascii")
    return PhotoPreview(text, file.media_type, *size, photo.width, photo.height)
