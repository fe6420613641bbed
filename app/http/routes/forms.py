"""Forms are parsed within bounds: so many files, so many fields, and none of them long."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from pipeline.errors import Cancelled

MAX_FILES = 4  # a photo and a reference, and room for a plain word on the one too many
MAX_FIELDS = 64
MAX_FIELD_BYTES = 4096


class FormRoute(APIRoute):
    """A route whose form is read within these bounds, before FastAPI reads it within its own of a thousand each."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler; the form it asks for is there already."""
        handle = super().get_route_handler()

        async def handle_form(request: Request) -> Response:
            try:
                form = await request.form(max_files=MAX_FILES, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES)
            except ClientDisconnect as error:
                raise Cancelled("The client went away before its upload was whole.", stage="upload") from error
            try:
                return await handle(request)
            finally:
                await form.close()

        return handle_form
