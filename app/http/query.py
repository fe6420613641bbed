"""Query parameters, refused by name where nothing reads them: none is ignored in silence."""

from collections.abc import Container

from starlette.datastructures import QueryParams
from starlette.types import Scope

from app.http.errors import MAX_FAULTS
from app.work.errors import UnknownParameter

_SHOWN = 80  # characters of a name that the error quotes


def refuse_query(scope: Scope, hint: str, known: Container[str] = ()) -> None:
    """Raises `UnknownParameter`, which ends with the hint, if the address has parameters other than the known ones."""
    names = [name[:_SHOWN] or '""' for name in QueryParams(scope["query_string"]) if name not in known]
    if not names:
        return
    named = " and ".join(names[:MAX_FAULTS])
    more = f" and {len(names) - MAX_FAULTS} more" if len(names) > MAX_FAULTS else ""
    verb = "is no query parameter" if len(names) == 1 else "are no query parameters"
    raise UnknownParameter(f"{named}{more} {verb} here: {hint}.")
