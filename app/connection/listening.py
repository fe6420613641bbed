"""Whether a server could listen on an address: seen before the models load, which takes seconds."""

import errno
import socket
from typing import Any

_NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)  # such as ::1, another address of localhost, without IPv6


def listening_fault(host: str, port: int, setting: str = "LIKENESS_PORT") -> str | None:
    """Why no server could listen there, as a sentence; None if one could. Binds the port for a moment.

    `setting`: the name of the setting of the port.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        return f"{host} cannot be resolved: {_reason(error)} (LIKENESS_HOST)."
    errors = [failed for family, _, _, _, address in found if (failed := _bind_error(family, address)) is not None]
    hindering = [failed for failed in errors if failed.errno not in _NOT_HERE or len(errors) == len(found)]
    if not hindering:
        return None
    return f"Nothing can listen on {host}, port {port}: {_reason(hindering[0])} (LIKENESS_HOST, {setting})."


def _bind_error(family: int, address: Any) -> OSError | None:
    """What hinders a socket there. Its options are those of asyncio's servers."""
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind(address)
    except OSError as error:
        return error
    return None


def _reason(error: OSError | UnicodeError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
