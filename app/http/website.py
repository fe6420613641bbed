"""The browser app: the files of its export, read once at the start and served from memory.

Starlette's `StaticFiles` does not fit: it opens the disk for each request, serves hidden files, and knows neither gzip
nor a content security policy nor `/about` for `about.html`. Here no request's path reaches the disk.
"""

import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.accept import by_preference
from app.http.web_file import WebFile, web_file
from app.observe.request_record import record_of
from pipeline.errors import PipelineError

logger = logging.getLogger("likeness")

INDEX, NOT_FOUND = "index.html", "/404.html"


class WebsiteUnreadable(PipelineError):
    """A file of the browser app exists but cannot be read."""


@dataclass(frozen=True)
class Website:
    """An ASGI application that serves the files, and the export's 404 page to a browser that asks for another path.

    All other requests go to `fallback`, and so do those for the folders of the `service`, such as `/api/`.
    """

    files: Mapping[str, WebFile]
    service: tuple[str, ...]
    fallback: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI asks. Raises `HTTPException` (405) for a file, unless it is read."""
        path, request = scope["path"], Headers(scope=scope)
        is_read = scope.get("method") in ("GET", "HEAD")
        is_page = is_read and by_preference(request, "accept")[:1] == ["text/html"]
        file, missing = self.files.get(path), self.files.get(NOT_FOUND)
        if file is not None:
            if not is_read:
                raise HTTPException(405, headers={"Allow": "GET, HEAD"})
            await file.response(request)(scope, receive, send)
        elif missing is not None and is_page and not path.startswith(self.service):
            record = record_of(scope)
            record.code, record.stage = "not_found", "request"
            await missing.response(request, 404)(scope, receive, send)
        else:
            await self.fallback(scope, receive, send)


def read_website(folder: Path, routes: frozenset[str], fallback: ASGIApp) -> Website | None:
    """Read all files of an export; None if it has no `index.html`.

    Left out are files with the path of one of the `routes` or in a folder that has routes (`/api/`), hidden files, and
    links that lead out of the export. Raises `WebsiteUnreadable` if a file cannot be read.
    """
    try:
        found = {path: web_file(path, file.read_bytes()) for path, file in _files_in(folder)}
    except OSError as error:
        raise WebsiteUnreadable(f"{error.filename}, of the browser app, cannot be read: {error.strerror}.") from error
    if f"/{INDEX}" not in found:
        logger.info("there is no browser app in %s, so / leads to /docs: `make web` builds it", folder.absolute())
        return None
    pages = {_page_path(path): file for path, file in found.items() if path.endswith(".html")}
    service = tuple({f"/{parts[1]}/" for parts in (route.split("/") for route in routes) if len(parts) > 2})
    served = (pages | found).items()
    files = {path: file for path, file in served if path not in routes and not path.startswith(service)}
    size = sum(len(file.body) + len(file.gzipped or b"") for file in found.values())
    logger.info("the browser app in %s: %d files, %.1f MB in memory", folder.absolute(), len(found), size / 1e6)
    return Website(files, service, fallback)


def _files_in(folder: Path) -> Iterator[tuple[str, Path]]:
    """Each regular file that may be served, with its URL path."""
    top = folder.resolve()
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for file in (Path(where, name) for name in names if not name.startswith(".")):
            if file.is_file() and file.resolve().is_relative_to(top):
                yield f"/{file.relative_to(folder).as_posix()}", file


def _page_path(path: str) -> str:
    """The URL path of a page: `/help/` for `/help/index.html`, `/about` for `/about.html`."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/" if name == INDEX else path.removesuffix(".html")
