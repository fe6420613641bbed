"""Addresses of clients, proxies and browser apps: parsed from settings, and grouped into clients."""

import ipaddress
import re

from app.access.hosts import DEFAULT_PORTS

_ORIGIN = re.compile(r"(https?)://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?")


def parse_origins(text: str) -> tuple[str, ...]:
    """The origins of `https://app.example.org,http://localhost:3000`, or `*` for all. Raises `ValueError`."""
    origins = tuple(entry.strip().lower() for entry in text.split(",") if entry.strip())
    if origins == ("*",):
        return origins
    for origin in origins:
        match = _ORIGIN.fullmatch(origin)
        if match is None:
            raise ValueError(
                f"{origin} is not an origin, http(s)://host or http(s)://host:port without a path;"
                " * is one only if it stands alone"
            )
        scheme, port = match.groups()
        if port == str(DEFAULT_PORTS[scheme]):
            raise ValueError(f"browsers send {origin} without its port, and so it must be written")
    return origins


def parse_proxies(text: str) -> tuple[str, ...]:
    """The addresses and networks of `127.0.0.1,10.0.0.0/8`.

    Raises `ValueError` for anything else, also for a network that contains all addresses: a trusted proxy may state any
    client address, so every client could.
    """
    proxies = tuple(entry.strip() for entry in text.split(",") if entry.strip())
    for proxy in proxies:
        try:
            network = ipaddress.ip_network(proxy)
        except ValueError as error:
            raise ValueError(f"{proxy} is neither an address nor a network such as 10.0.0.0/8") from error
        if network.prefixlen == 0:
            raise ValueError(f"{proxy} would let every client choose its address; name the proxies")
    return proxies


def client_of(address: str) -> str:
    """The client that an address is counted as: itself for IPv4, its /64 for IPv6, "unknown" for what is no address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is None:
            return f"{ipaddress.IPv6Address(int(found) >> 64 << 64)}/64"  # each subscriber has a whole one
        found = found.ipv4_mapped
    return str(found)


def is_loopback(host: str) -> bool:
    """Whether a server that listens on `host` can only be reached from its own machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
