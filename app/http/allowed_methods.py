"""Which methods an address takes: `Allow` of a 405 names those of all its routes (RFC 9110, 10.2.1)."""

from fastapi.routing import iter_route_contexts
from starlette.requests import Request
from starlette.routing import compile_path


def allowed_methods(request: Request) -> str:
    """The methods of all routes with the path of the request. The framework names only those of the first route."""
    path, found = request.scope["path"], set[str]()
    for route in iter_route_contexts(request.app.routes):
        methods = getattr(route, "methods", None)
        if route.path is not None and methods and compile_path(route.path)[0].match(path):
            found |= methods
    return ", ".join(sorted(found))
