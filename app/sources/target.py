"""The address that one request goes to: taken apart once, and checked before anything is looked up."""

from dataclasses import dataclass

import httpx

from app.access.hosts import DEFAULT_PORTS, is_address, is_listed, is_name
from app.sources.errors import UrlRefused

MAX_URL = 4_000  # characters; addresses that are signed have up to some 2,000
MAX_NAME = 253  # characters of a name in the DNS


@dataclass(frozen=True, slots=True)
class AddressField:
    """A field of a request that holds an address, and what sentences about it say."""

    name: str
    beginnings: str  # what it may begin with
    example: str
    hosts: str  # that are allowed, with the setting that names them


PHOTO_URL = AddressField(
    "url",
    "https://, http:// or data:, and may redirect to the first two only",
    "https://example.org/photo.jpg",
    "this server fetches from (LIKENESS_URL_HOSTS)",
)
WEBHOOK_URL = AddressField(
    "webhook_url",
    "https:// or http://",
    "https://example.org/hook",
    "this server sends webhooks to (LIKENESS_WEBHOOK_HOSTS)",
)


@dataclass(frozen=True, slots=True)
class Target:
    """`host` is a name or an IP address in lower case, without brackets. `path` has the query and no fragment."""

    scheme: str
    host: str
    port: int
    path: bytes
    url: httpx.URL

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def redirected(self, location: str, hosts: tuple[str, ...]) -> "Target":
        """Where a redirect leads, checked like the first address. Raises `UrlRefused`."""
        if len(location) > MAX_URL:
            raise UrlRefused(f"url redirects to an address of more than {MAX_URL} characters.")
        try:
            joined = self.url.join(location)
        except (httpx.InvalidURL, ValueError):
            raise UrlRefused("url redirects to what is no address.") from None
        following = parse_target(str(joined), hosts)
        if (self.scheme, following.scheme) == ("https", "http"):
            raise UrlRefused("url redirects from https to http, where anybody on the way could replace the photo.")
        return following


def parse_target(text: str, hosts: tuple[str, ...], field: AddressField = PHOTO_URL) -> Target:
    """The target of an http or https URL whose host is one of `hosts`; of any host where there are none.

    Raises `UrlRefused` for any other text, which came in `field`. Nothing is looked up: what a name resolves to is
    checked later.
    """
    if len(text) > MAX_URL:
        raise UrlRefused(f"{field.name} has more than {MAX_URL} characters.")
    try:
        url = httpx.URL(text.strip())
        host = url.raw_host.decode("ascii").lower().removesuffix(".")
        scheme, port, path, credentials = url.scheme, url.port, url.raw_path, url.userinfo
    except (httpx.InvalidURL, ValueError):
        raise UrlRefused(f"{field.name} is no address such as {field.example}.") from None
    if scheme not in DEFAULT_PORTS:
        raise UrlRefused(f"{field.name} must begin with {field.beginnings}.")
    if credentials:
        raise UrlRefused(f"{field.name} must not have a user name or password.")
    if "%" in host or not (is_address(host) or (is_name(host) and len(host) <= MAX_NAME)):
        raise UrlRefused(f"{field.name} has no host, or one that cannot be a name.")
    port = DEFAULT_PORTS[scheme] if port is None else port
    if port not in DEFAULT_PORTS.values():
        raise UrlRefused(f"{field.name} must have port 80 or 443, which it has if it names none.")
    if hosts and not is_listed(host, hosts):
        raise UrlRefused(f"{field.name} has a host that is not among those that {field.hosts}.")
    return Target(scheme, host, port, path, url)


def host_of(text: str) -> str:
    """The host of an address, as `Target` has it; empty for a text that is no address."""
    try:
        return parse_target(text, ()).host
    except UrlRefused:
        return ""
