"""Messages go to public addresses only, once each, and their answers cost little."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from typing import Any

import pytest

from app.sources.errors import UrlRefused, UrlUnreachable
from app.sources.poster import MAX_ANSWER_BYTES, Poster, Reply
from app.version import VERSION
from jobs.store.delivery_claims import PER_OWNER
from tests.app.sources.addresses import NOT_PUBLIC
from tests.app.sources.web import PUBLIC, TRUSTS_NOBODY, Names, Web, redirect, response, saying, web

URL = "http://shop.example.org/hook?token=secret"
BODY = b'{"type":"job.succeeded"}'


def post(there: Web, url: str = URL, names: Names | None = None, **others: Any) -> Reply:
    poster = Poster(
        **{"timeout_s": 5.0, "tls": TRUSTS_NOBODY, **others}, lookup=names or Names(), network=there.network
    )
    return asyncio.run(poster.post(url, [("webhook-id", "7")], BODY))


def test_a_message_is_posted_to_the_address_that_was_looked_up() -> None:
    bodies = []

    def answer(connection: socket.socket, head: bytes) -> None:
        body = head.partition(b"\r\n\r\n")[2]
        while len(body) < len(BODY):
            body += connection.recv(65536)
        bodies.append(body)
        connection.sendall(response(b"thanks", "202 Accepted", ["Retry-After: 7"]))

    with web(answer) as there:
        assert post(there) == Reply(202, "7")
    assert bodies == [BODY]
    assert there.network.connected == [(PUBLIC, 80)]
    head = there.heads[0].partition(b"\r\n\r\n")[0].decode().split("\r\n")
    assert head[0] == "POST /hook?token=secret HTTP/1.1"
    assert {"Host: shop.example.org", "webhook-id: 7", "Content-Type: application/json"} <= set(head)
    assert f"User-Agent: Likeness/{VERSION}" in head
    assert f"Content-Length: {len(BODY)}" in head


@pytest.mark.parametrize("address", NOT_PUBLIC.values(), ids=NOT_PUBLIC)
def test_a_name_that_leads_to_a_private_address_is_refused(address: str) -> None:
    names = Names({"shop.example.org": [[PUBLIC, address]]})
    with web(saying(response())) as there:
        with pytest.raises(UrlRefused):
            post(there, names=names)
        assert there.network.connected == []


def test_a_name_that_changes_its_address_is_refused_then() -> None:
    names = Names({"shop.example.org": [[PUBLIC], ["169.254.169.254"]]})
    with web(saying(response())) as there:
        assert post(there, names=names).status == 200
        with pytest.raises(UrlRefused):
            post(there, names=names)
        assert there.network.connected == [(PUBLIC, 80)]


def test_silent_name_servers_hinder_no_other_message() -> None:
    """The look-ups go on for half a minute, after the messages have been given up."""
    may_end = threading.Event()

    def lookup(host: str, port: int) -> list[str]:
        if "silent" in host:
            may_end.wait(10)
        return [PUBLIC]

    async def go(there: Web) -> Reply:
        poster = Poster(lookup=lookup, network=there.network, tls=TRUSTS_NOBODY, timeout_s=0.2)
        for _ in range(4):  # times the messages that one owner may have on their way
            asked = [poster.post(f"http://{number}.silent.example.org/", [], BODY) for number in range(PER_OWNER)]
            assert all(
                isinstance(each, UrlUnreachable) for each in await asyncio.gather(*asked, return_exceptions=True)
            )
        return await poster.post(URL, [], BODY)

    with web(saying(response())) as there:
        assert asyncio.run(go(there)).status == 200
    may_end.set()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with web(saying(redirect("http://169.254.169.254/latest/meta-data/", status))) as there:
        assert post(there).status == status
        assert len(there.heads) == len(there.network.connected) == 1


def test_a_host_that_is_not_listed_is_refused() -> None:
    with web(saying(response())) as there:
        with pytest.raises(UrlRefused, match="LIKENESS_WEBHOOK_HOSTS"):
            post(there, hosts=("other.example.org",))
        assert there.heads == []


def test_a_server_without_a_certificate_is_not_spoken_to() -> None:
    with web(saying(response())) as there, pytest.raises(UrlUnreachable):
        post(there, "https://shop.example.org/hook")


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200"])
def test_a_server_that_does_not_speak_http(said: bytes) -> None:
    with web(saying(said)) as there, pytest.raises(UrlUnreachable):
        post(there)


def test_a_silent_server_costs_the_time_limit() -> None:
    with web(saying(b"", pause=lambda: time.sleep(5))) as there:
        begun = time.monotonic()
        with pytest.raises(UrlUnreachable, match=r"0\.3 seconds"):
            post(there, timeout_s=0.3)
        assert time.monotonic() - begun < 3


def test_a_dead_server() -> None:
    with web(saying(b"")) as there:
        there.network.dead = {PUBLIC}
        with pytest.raises(UrlUnreachable):
            post(there)


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    sent = 0

    def answer(connection: socket.socket, _: bytes) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while sent < 2**30:
            sent += connection.send(b"x" * 65536)

    with web(answer) as there:
        assert post(there).status == 200
    assert sent < MAX_ANSWER_BYTES + 32 * 2**20  # what the system's buffers hold beside it


def test_an_answer_that_breaks_off_counts_by_its_status() -> None:
    broken = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nthan"
    with web(saying(broken)) as there:
        assert post(there).status == 200
