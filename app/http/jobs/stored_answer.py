"""What lies in the object store, as an answer: whole or a range of it, or that the client has it already."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from app.http import etag
from app.http.jobs.byte_range import byte_range
from app.http.jobs.route import Jobs
from jobs.errors import UnknownJob
from jobs.file_names import content_disposition

if TYPE_CHECKING:
    from jobs.objects import Download

CACHE_CONTROL = "private, no-cache"  # a client may keep it, but asks each time whether it is still there
REDIRECT_S = 300  # for which a URL of the object store is good


async def stored_answer(
    key: str, tag: str, media_type: str, file_name: str, request: Request, jobs: Jobs, *, redirects: bool = False
) -> Response:
    """The object `key`, which never changes and so has the ETag `tag`, for saving as `file_name`.

    304 for a client that has it, 206 for a range; where `redirects`, 303 to the store itself if it has such URLs.
    HEAD gets the headers of the whole object, and no 303: the store's URLs are for GET only.
    Raises `RangeNotSatisfiable`, `UnknownJob` for an object that is no longer there, and `StoreUnavailable`.
    """
    headers = {"ETag": tag, "Cache-Control": CACHE_CONTROL}
    if etag.names(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    is_head = request.method == "HEAD"
    if redirects and not is_head:
        url = await jobs.objects.presigned(key, expires_s=REDIRECT_S, file_name=file_name, media_type=media_type)
        if url is not None:
            return RedirectResponse(url, 303, headers={"Cache-Control": "no-store"})
    found = await _opened(key, jobs)
    headers |= {"Accept-Ranges": "bytes", "Content-Disposition": content_disposition(file_name)}
    part = None if is_head else byte_range(request.headers, found.size, tag)  # ranges are for GET (RFC 9110, 14.2)
    if part is None:
        headers["Content-Length"] = str(found.size)
        if is_head:
            return Response(headers=headers, media_type=media_type)
        return StreamingResponse(found.chunks, media_type=media_type, headers=headers)
    headers |= {"Content-Length": str(part.end - part.start), "Content-Range": part.content_range}
    chunks = jobs.objects.part(found, part.start, part.end).chunks
    return StreamingResponse(chunks, 206, media_type=media_type, headers=headers)


async def _opened(key: str, jobs: Jobs) -> "Download":
    from jobs.objects import ObjectMissing  # like all that servers without jobs do not need

    try:
        return await jobs.objects.stream(key)
    except ObjectMissing as error:
        raise UnknownJob("The job was deleted meanwhile.") from error
