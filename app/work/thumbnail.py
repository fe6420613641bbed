"""A small picture of a result, for lists."""

from app.work.photo import Computed, Source
from pipeline.codec.encode import encode
from pipeline.geometry import resize
from pipeline.options import FileOptions
from pipeline.run import Run
from pipeline.types import FileTags

SIDE = 400  # pixels of the longer side at the most
MEDIA_TYPE = "image/webp"
_OPTIONS = FileOptions(quality=80)


def thumbnail(source: Source, computed: Computed, run: Run) -> bytes:
    """A WebP file of the result in its colours. Raises what a stage of `run` raises."""
    image, alpha = computed.enhanced.image, computed.enhanced.alpha
    height, width = image.shape[:2]
    shrunk = min(1.0, SIDE / max(height, width))
    size = max(1, round(width * shrunk)), max(1, round(height * shrunk))
    with run.stage("preview"):
        small_alpha = None if alpha is None else resize(alpha, size)
        tags = FileTags(profile=source.tags.profile)
        return encode(resize(image, size), small_alpha, "webp", _OPTIONS, tags=tags).data
