"""The head of a request that brings a photo: what could only be misread is refused before the body is read."""

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.types import Scope

from app.http.answer_type import answer_type
from app.http.json_request import is_json
from app.http.query import refuse_query
from app.http.refusals import MalformedForm, UnreadableBody

# Of a whole form. Any other name would choose among all of Python's codecs, some of which fail or are slow.
_CHARSETS = {b"utf-8", b"utf8", b"us-ascii", b"iso-8859-1"}


def closing_boundary(scope: Scope, *, takes_json: bool = False, takes_photo: bool = True) -> bytes:
    """The closing boundary that the body must have, which is a form; empty for a bare photo, and JSON if it is taken.

    Raises `UnreadableBody`, `MalformedForm`, and for a query beside a form `UnknownParameter`.
    """
    headers = Headers(scope=scope)
    json = takes_json and is_json(headers)
    closing = b"" if (takes_photo and is_bare_photo(headers)) or json else _closing_boundary_of_form(headers)
    if closing or json:
        refuse_query(scope, "all fields belong in the form")
    return closing


def check_accept(scope: Scope) -> None:
    """Raises `NotAcceptable` where the client accepts no answer that there is about a photo."""
    _ = answer_type(Headers(scope=scope), scope["http_version"])


def is_bare_photo(headers: Headers) -> bool:
    """Whether the body is the photo itself. Which image type is declared does not matter: the content decides."""
    media_type, _ = parse_options_header(headers.get("content-type"))
    return media_type.startswith(b"image/") or media_type == b"application/octet-stream"


def _closing_boundary_of_form(headers: Headers) -> bytes:
    media_type, parameters = parse_options_header(headers.get("content-type"))
    boundary = parameters.get(b"boundary", b"")
    if media_type != b"multipart/form-data":
        raise UnreadableBody(media_type.decode("latin-1"))
    if not boundary:
        raise MalformedForm("The Content-Type multipart/form-data has no boundary: let the client's library write it.")
    if parameters.get(b"charset", b"utf-8").lower() not in _CHARSETS:
        raise MalformedForm("The charset of a form is utf-8, us-ascii or iso-8859-1.")
    return b"--" + boundary + b"--"
