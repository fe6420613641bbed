"""One file of the browser app: its body as it is and with gzip, and the headers that go with it."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from mimetypes import MimeTypes
from pathlib import PurePosixPath

from starlette.datastructures import Headers
from starlette.responses import Response

from app.http import etag
from app.http.accept import by_preference
from app.http.content_security import WORKER_POLICY, page_policy

CONTENT_HASHED = "/_next/static/"  # Next.js puts a hash of the content into the names of these files
SERVICE_WORKER = "/sw.js"

# Python 3.11 lacks some of these. The system's tables are not used, so that every machine sends the same types.
_MEDIA_TYPES = {
    ".js": "text/javascript",
    ".map": "application/json",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_COMPRESSIBLE = ("application/json", "application/manifest+json", "image/svg+xml")  # and text/*


@dataclass(frozen=True, slots=True)
class WebFile:
    """`gzipped` is the compressed body, None where that is not smaller."""

    body: bytes
    gzipped: bytes | None
    headers: Mapping[str, str]

    def response(self, request: Headers, status: int = 200) -> Response:
        """The file, compressed if the client accepts gzip; a 304 if its `If-None-Match` names this content."""
        known = request.get("if-none-match", "")
        if status == 200 and (known.strip() == "*" or etag.names(known, self.headers["ETag"])):
            # A cache replaces its headers by these, so the page's own content security policy must be among them.
            return Response(status_code=304, headers={k: v for k, v in self.headers.items() if k != "Content-Type"})
        if self.gzipped is not None and "gzip" in by_preference(request, "accept-encoding"):
            return Response(self.gzipped, status, {**self.headers, "Content-Encoding": "gzip"})
        return Response(self.body, status, dict(self.headers))


def web_file(path: str, body: bytes) -> WebFile:
    """The file with this URL path; its suffix decides the media type."""
    known = _MEDIA_TYPES.get(PurePosixPath(path).suffix)
    media_type = known or MimeTypes().guess_type(path)[0] or "application/octet-stream"
    is_text = media_type.startswith("text/")
    headers = {
        "Content-Type": f"{media_type}; charset=utf-8" if is_text else media_type,
        "ETag": f'W/"{hashlib.sha256(body).hexdigest()[:32]}"',  # weak: it is the same with and without gzip
        "Cache-Control": "public, max-age=31536000, immutable" if path.startswith(CONTENT_HASHED) else "no-cache",
    }
    if media_type == "text/html":
        headers["Content-Security-Policy"] = page_policy(body.decode(errors="replace"))
    elif path == SERVICE_WORKER:
        headers["Content-Security-Policy"] = WORKER_POLICY
    if not is_text and media_type not in _COMPRESSIBLE:
        return WebFile(body, None, headers)
    gzipped = gzip.compress(body, mtime=0)
    return WebFile(body, gzipped if len(gzipped) < len(body) else None, {**headers, "Vary": "Accept-Encoding"})
