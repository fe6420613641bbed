"""Pages without the browser app: `/docs`, the interactive documentation, and `/`, which redirects to it."""

from pathlib import Path

import fastapi_offline
from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.staticfiles import StaticFiles

from app.http.content_security import page_policy
from app.http.policy import Policy

router = APIRouter(include_in_schema=False)
landing = APIRouter(include_in_schema=False)  # only where there is no browser app

STATIC = "/docs/static"


def static_files() -> StaticFiles:
    """Swagger UI's files, which would else come from a CDN. Raises `RuntimeError` if fastapi-offline lacks them."""
    return StaticFiles(directory=Path(fastapi_offline.__file__).parent / "static")


@router.head("/docs")
@router.get("/docs")
@Policy(public=True)
async def docs(request: Request) -> HTMLResponse:
    """The OpenAPI document as a page on which every operation can be tried out."""
    page = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title=f"{request.app.title}: documentation",
        swagger_js_url=f"{STATIC}/swagger-ui-bundle.js",
        swagger_css_url=f"{STATIC}/swagger-ui.css",
        swagger_favicon_url=f"{STATIC}/favicon.png",
        swagger_ui_parameters={"validatorUrl": None},  # Swagger UI would send the document to validator.swagger.io
    )
    page.headers["Content-Security-Policy"] = page_policy(bytes(page.body).decode())
    return page


@landing.head("/")
@landing.get("/")
@Policy(public=True)
async def root() -> RedirectResponse:
    """The only page that there is."""
    return RedirectResponse("/docs")
