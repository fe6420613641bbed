"""Host names: which of them this server answers for, and whether a page has the same origin as this server.

The owner of a name can let it resolve to this server's address (DNS rebinding). A browser then takes this server for a
part of that site, whose pages may read every answer. Only the Host header still shows the name: it must be a known one.
IP addresses need not be known. DNS does not resolve them, so a page from such an address came from this server.
"""

import ipaddress
import re
from typing import NamedTuple

ANY = "*"

_LABEL = r"[a-z0-9_-]{1,63}"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_AUTHORITY = re.compile(rf"(?:({_NAME.pattern})\.?|\[([0-9a-f:.]+)\])(?::([0-9]*))?")
_MAX_AUTHORITY = 253 + len(".:65535")  # the longest name that DNS has, a dot at its end, and a port
DEFAULT_PORTS = {"http": 80, "https": 443}  # browsers leave these out


class Authority(NamedTuple):
    """The host and port of a Host header or an origin."""

    host: str  # lower case, without a dot at the end; an IPv6 address in its shortest form, without brackets
    port: int | None  # None: the default port of the scheme


def parse_authority(text: str) -> Authority | None:
    """The host and port of `localhost:8000` or `[::1]`; None if it is not well-formed."""
    match = _AUTHORITY.fullmatch(text.lower()) if len(text) <= _MAX_AUTHORITY else None
    if match is None:
        return None
    name, address, digits = match.groups()
    port = int(digits) if digits else None
    if port is not None and port > 65535:
        return None
    if address is None:
        return Authority(name, port)
    try:
        return Authority(str(ipaddress.IPv6Address(address)), port)
    except ValueError:
        return None


def parse_hosts(text: str) -> tuple[str, ...]:
    """The hosts of `photos.example.org,.example.net`; with `*` among them only `*`, any. Raises `ValueError`."""
    hosts = tuple(entry.strip().lower().removesuffix(".") for entry in text.split(",") if entry.strip())
    if ANY in hosts:
        return (ANY,)
    for host in hosts:
        if not is_name(host.removeprefix(".")) and not is_address(host.strip("[]")):
            raise ValueError(
                f"{host} is not a host name such as photos.example.org, or .example.org with its subdomains, without"
                f" scheme, port and path; {ANY} stands for any host"
            )
    return hosts


def is_served(host: str, hosts: tuple[str, ...]) -> bool:
    """Whether the server answers for the host of an `Authority`: a loopback name, an address, or one of `hosts`."""
    if host == "localhost" or host.endswith(".localhost"):  # names of the loopback (RFC 6761)
        return True
    return is_listed(host, hosts) or is_address(host)


def is_listed(host: str, hosts: tuple[str, ...]) -> bool:
    """Whether a host, in lower case and without brackets, is one of `hosts`, as `parse_hosts` returns them."""
    return any(entry in (ANY, host, f"[{host}]") or _is_subdomain(host, entry) for entry in hosts)


def is_same_origin(origin: str, authority: Authority | None) -> bool:
    """Whether an Origin header names the host and port of the request.

    The scheme is not compared, because a proxy may have taken off TLS. It decides which port a browser leaves out.
    """
    scheme, _, rest = origin.lower().partition("://")
    default, page = DEFAULT_PORTS.get(scheme), parse_authority(rest)
    if default is None or page is None or authority is None:
        return False
    return (page.host, page.port or default) == (authority.host, authority.port or default)


def _is_subdomain(host: str, entry: str) -> bool:
    return entry.startswith(".") and (host.endswith(entry) or host == entry[1:])


def is_name(host: str) -> bool:
    """Whether this is a name in lower case, without a dot at its end."""
    return _NAME.fullmatch(host) is not None


def is_address(host: str) -> bool:
    """Whether this is an IP address, without brackets."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
