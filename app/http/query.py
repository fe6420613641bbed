"""Query parameters, refused by name where nothing reads them: none is ignored in silence."""

from starlette.datastructures import QueryParams
from starlette.types import Scope

from app.http.errors import MAX_FAULTS
from app.work.errors import BadParameter

_SHOWN = 80  # characters of a name that the error quotes


def refuse_query(scope: Scope, hint: str) -> None:
    """Raises `BadParameter`, which names the parameters and ends with the hint, if the address has a query."""
    names = [name[:_SHOWN] or '""' for name in QueryParams(scope["query_string"])]
    if not names:
        return
    named = " and ".join(names[:MAX_FAULTS])
    more = f" and {len(names) - MAX_FAULTS} more" if len(names) > MAX_FAULTS else ""
    verb = "is no query parameter" if len(names) == 1 else "are no query parameters"
    raise BadParameter(f"{named}{more} {verb} here: {hint}.")
