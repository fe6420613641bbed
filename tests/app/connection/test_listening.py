"""Whether a server could listen: seen by binding the port for a moment."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from app.connection import listening
from app.connection.listening import listening_fault

V4, V6 = socket.AF_INET, socket.AF_INET6


@pytest.fixture
def taken() -> Iterator[int]:
    """The port of a server on 127.0.0.1."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server.getsockname()[1]


def test_a_free_port_is_right_and_stays_free() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    assert listening_fault("127.0.0.1", port) is None
    socket.create_server(("127.0.0.1", port)).close()
    assert listening_fault("127.0.0.1", 0) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])
def test_a_port_in_use_is_a_fault(host: str, taken: int) -> None:
    fault = listening_fault(host, taken)
    assert (
        fault == f"Nothing can listen on {host}, port {taken}: Address already in use (LIKENESS_HOST, LIKENESS_PORT)."
    )


def test_an_address_of_another_machine_is_a_fault() -> None:
    fault = listening_fault("192.0.2.1", 0)  # TEST-NET-1: nobody has it
    assert fault is not None
    assert fault.startswith("Nothing can listen on 192.0.2.1, port 0: ")


@pytest.mark.parametrize("host", ["likeness.invalid", "a..b", "x" * 64, "999.1.1.1.1"])
def test_a_name_that_cannot_be_resolved_is_a_fault(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def look_up(name: str, *arguments: Any, **others: Any) -> Any:
        if name == "likeness.invalid":  # some networks answer for every name
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(name, *arguments, **others)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    fault = listening_fault(host, 8000)
    assert fault is not None
    assert fault.startswith(f"{host} cannot be resolved: ")
    assert fault.endswith(" (LIKENESS_HOST).")


@pytest.mark.parametrize(
    ("failures", "is_fault"),
    [
        ([None, None], False),
        ([errno.EADDRNOTAVAIL, None], False),  # localhost is ::1 too, and the machine has no IPv6
        ([None, errno.EAFNOSUPPORT], False),
        ([errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT], True),
        ([None, errno.EADDRINUSE], True),
        ([errno.EACCES, None], True),
    ],
)
def test_one_of_several_addresses_may_be_of_a_family_that_the_machine_lacks(
    failures: list[int | None], is_fault: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [(family, socket.SOCK_STREAM, 6, "", ("address", 8000)) for family in (V6, V4)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    outcomes = iter(failures)

    def bind_error(family: int, address: Any) -> OSError | None:
        failure = next(outcomes)
        return None if failure is None else OSError(failure, "reason")

    monkeypatch.setattr(listening, "_bind_error", bind_error)
    assert (listening_fault("localhost", 8000) is not None) == is_fault


def test_ipv6_is_looked_at_as_the_server_binds_it() -> None:
    """A server on :: leaves the IPv4 port alone, so one in use there hinders nothing."""
    try:
        with closing(socket.create_server(("::1", 0), family=V6)) as server:
            port = server.getsockname()[1]
            fault = listening_fault("::1", port)
    except OSError:
        pytest.skip("needs IPv6")
    assert fault is not None
    assert "Address already in use" in fault
    with closing(socket.create_server(("0.0.0.0", 0))) as server:
        assert listening_fault("::", server.getsockname()[1]) is None
