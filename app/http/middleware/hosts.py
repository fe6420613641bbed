"""Refuses requests for hosts that are not this server's, and what pages of other sites may not send."""

from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from app.access.errors import ForeignOrigin, MalformedHost, UnknownHost
from app.access.hosts import ANY, Authority, is_same_origin, is_served, parse_authority
from app.http.errors import response_to
from app.http.handshake import is_handshake
from app.http.middleware.base import HTTPMiddleware
from pipeline.errors import PipelineError

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})  # these change nothing, and CORS says who may read the answers
OWN_SITES = frozenset({"same-origin", "none"})  # of Sec-Fetch-Site; none: a person's own act, such as a bookmark


@dataclass(frozen=True)
class HostsMiddleware(HTTPMiddleware):
    """Passes on requests for one of the `hosts`, or for a host that `is_served` always accepts.

    A request that may change something must not come from a page of another origin, except one of the `origins` that
    CORS allows. Nor must the handshake of a WebSocket, to which browsers do not apply CORS. Clients that are no
    browsers send neither Origin nor Sec-Fetch-Site, so this does not concern them.

    Refusals are answered here, outside of CORS: they get no CORS headers, and preflight requests are checked too.
    """

    hosts: tuple[str, ...]
    origins: tuple[str, ...]

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one HTTP request."""
        refusal = self._refusal(scope)
        await (self.app if refusal is None else response_to(scope, refusal))(scope, receive, send)

    def _refusal(self, scope: Scope) -> PipelineError | None:
        headers = Headers(scope=scope)
        given = headers.getlist("host")
        authority = parse_authority(given[0]) if len(given) == 1 else None
        # HTTP/1.0 needs no Host header, and health checks of load balancers send none. Browsers always do.
        if authority is None and (given or scope["http_version"] != "1.0"):
            return MalformedHost()
        if authority is not None and not is_served(authority.host, self.hosts):
            return UnknownHost(authority.host)
        is_harmless = scope["method"] in SAFE_METHODS and not is_handshake(scope)
        if not is_harmless and self._is_foreign(headers, authority):
            return ForeignOrigin()
        return None

    def _is_foreign(self, headers: Headers, authority: Authority | None) -> bool:
        """Whether a browser sends this request for a page of another origin that CORS does not allow."""
        origins, sites = headers.getlist("origin"), headers.getlist("sec-fetch-site")
        if ANY in self.origins or (origins and all(origin in self.origins for origin in origins)):
            return False
        is_own = all(is_same_origin(origin, authority) for origin in origins)
        return not (is_own and OWN_SITES.issuperset(sites))
