"""Which media type the answer about a photo has: of those that there are, the one that `Accept` prefers."""

from starlette.datastructures import Headers

from app.http.accept import qualities
from app.http.event_stream import EventStream
from app.http.refusals import NotAcceptable
from pipeline.codec.output_formats import OUTPUT_FORMATS
from pipeline.options import OutputChoice, OutputFormat

PICTURES: dict[str, OutputFormat] = {info.media_type: name for name, info in OUTPUT_FORMATS.items()}
DOCUMENT, EVENTS = "application/json", EventStream.media_type
ANY_PICTURE = "image/*"

_PAGE = "text/html"
_OTHER_NAMES = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg"}  # that clients have for these types


def answer_type(
    headers: Headers, http_version: str, output_format: OutputChoice = "png", *, has_picture: bool = True
) -> str:
    """The media type that `Accept` asks for: the document's, that of events, a picture's, or `ANY_PICTURE`.

    The most specific range that fits a type gives its quality (RFC 9110, 12.5.1). Of equal qualities the range that
    stands first wins, and within a range the document, then `output_format`. `ANY_PICTURE` is the answer where that is
    `same`, so that only the photo tells, and `Accept` names no picture type. An answer without a picture has no such
    type. Raises `NotAcceptable`.
    """
    own = None if output_format == "same" else OUTPUT_FORMATS[output_format].media_type
    pictures = sorted(PICTURES, key=lambda name: name != own) if has_picture else []
    has_events = http_version != "1.0"  # HTTP/1.0 has no chunks, which a stream needs
    offered = [DOCUMENT, *pictures, *([EVENTS] if has_events else [])]
    ranges = _ranges(headers)
    if not ranges:
        return DOCUMENT
    photos_own = [ANY_PICTURE] if has_picture and own is None and not PICTURES.keys() & ranges else []
    best = max([DOCUMENT, *photos_own, *offered], key=lambda media_type: _rank(media_type, ranges))
    if _rank(best, ranges)[0] > 0:
        return best
    if not has_events and _rank(EVENTS, ranges)[0] > 0:
        return DOCUMENT
    raise NotAcceptable(offered)


def _ranges(headers: Headers) -> dict[str, float]:
    """The media ranges of `Accept` with their qualities, under the usual names."""
    ranges: dict[str, float] = {}
    for name, quality in qualities(headers, "accept").items():
        usual = _OTHER_NAMES.get(name, name)
        ranges[usual] = max(ranges.get(usual, 0.0), quality)
    return ranges


def _rank(media_type: str, ranges: dict[str, float]) -> tuple[float, int]:
    """Quality and place of a type; the higher is preferred."""
    places = {name: -place for place, name in enumerate(ranges)}
    names = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
    rank = next(((ranges[name], places[name]) for name in names if name in ranges), (0.0, 0))
    if media_type == DOCUMENT and rank[0] > 0 and _PAGE in ranges:
        return max(rank, (ranges[_PAGE], places[_PAGE]))  # a browser that sends a form names a page before any image
    return rank
