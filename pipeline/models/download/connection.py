"""The HTTP client for downloads, and what its failures mean for the user."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from urllib.request import getproxies, proxy_bypass

import httpx

from pipeline.models.download.failures import Interrupted, TransferFailed, Unreachable, reason
from pipeline.models.download.source import LAST_PORT

_NO_WAY = (errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH, errno.EHOSTDOWN)


def without_password(url: httpx.URL) -> httpx.URL:
    """The URL as messages may show it."""
    return url.copy_with(userinfo=b"")


def open_client(url: httpx.URL, connect_s: float, read_s: float) -> httpx.Client:
    """A client that follows redirects and gives up after these seconds without a connection, or without a byte.

    Raises `TransferFailed` if the environment's proxy or certificate settings cannot be used.
    """
    timeout = httpx.Timeout(connect_s, read=read_s)
    try:
        return httpx.Client(follow_redirects=True, timeout=timeout, headers={"Accept-Encoding": "identity"})
    except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:  # HTTP_PROXY, SSL_CERT_FILE and the like
        raise TransferFailed(
            f"{without_password(url)} cannot be asked for: {reason(error)}. Check the proxy and certificate variables."
        ) from error


def address_failed(url: httpx.URL, error: Exception) -> TransferFailed:
    """The failure for an address, or a redirect, that no request can be sent to."""
    return TransferFailed(f"{without_password(url)} leads nowhere: {reason(error)}. Use another mirror.")


def connection_failed(url: httpx.URL, error: httpx.TransportError) -> TransferFailed:
    """The failure for a broken connection: `Unreachable` without a network, `Interrupted` if another try may help."""
    shown = without_password(url)
    last = error.request.url  # after redirects
    if isinstance(error.__context__, httpx.InvalidURL) or (last.port or 0) > LAST_PORT:
        return address_failed(url, error)
    way = " (through the proxy of the environment)" if _uses_proxy(last) else ""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = cause.verify_message.rstrip(".")
            return TransferFailed(
                f"{shown}: the certificate is not trusted{way}: {why}. Check that SSL_CERT_FILE names the "
                "certificates of the authority that your network uses."
            )
        if isinstance(cause, socket.gaierror) or (isinstance(cause, OSError) and cause.errno in _NO_WAY):
            why = f"{last.host} cannot be reached{way}: {cause.strerror or reason(error)}"
            return Unreachable(why, "Check the network and try again.")
    return Interrupted(f"{shown}: {reason(error)}{way}", "Check the connection and try again.")


def _uses_proxy(url: httpx.URL) -> bool:
    proxies = getproxies()
    return (url.scheme in proxies or "all" in proxies) and not proxy_bypass(url.host)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
