"""What is refused in the handshake of a job's WebSocket: as any other request is, by status and error document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.access.keys import new_key
from app.http.handshake import EVENTS
from app.http.refusals import TooManyStreams
from app.http.stream_places import StreamPlaces
from tests.app.fakes import FakeModels
from tests.app.http.job_clients import JOBS, keeping, over
from tests.app.http.routes.refusals import assert_refused
from tests.app.http.socket_clients import HANDSHAKE, events_of, followed, new_job, raw, refused
from tests.app.server import Likeness, answer_on

SHOP, SHOP_ENTRY = new_key("shop")
LAB, LAB_ENTRY = new_key("lab")
APP = "https://app.example.org"
NOBODYS = f"{JOBS}/01a21f38-afa0-7392-ba2e-7293b0649028"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Likeness]:
    with keeping(tmp_path_factory.mktemp("data"), FakeModels(), cors_origins=APP) as likeness:
        yield likeness


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Likeness]:
    keys = f"{SHOP_ENTRY},{LAB_ENTRY}"
    with keeping(tmp_path_factory.mktemp("locked"), FakeModels(), api_keys=keys) as likeness:
        yield likeness


@pytest.fixture(scope="module")
def finished(server: Likeness) -> str:
    path = new_job(server, upscale_factor=1)
    over(server, path)
    return path


@pytest.fixture(scope="module")
def of_shop(locked: Likeness) -> str:
    path = new_job(locked, upscale_factor=1, headers={"X-API-Key": SHOP})
    over(locked, path, {"X-API-Key": SHOP})
    return path


def test_an_unknown_job(server: Likeness) -> None:
    assert refused(server, NOBODYS) == (404, "unknown_job")
    assert refused(server, f"{JOBS}/no-id") == (404, "unknown_job")


def test_a_server_without_jobs(likeness: Likeness) -> None:
    assert refused(likeness, NOBODYS) == (404, "jobs_off")


def test_a_request_that_is_no_handshake(server: Likeness, finished: str) -> None:
    headers: dict[str, str]
    for headers in ({}, {"Upgrade": "h2c", "Connection": "Upgrade"}, {**HANDSHAKE, "Upgrade": "websocket, h2c"}):
        answer = server.client.get(f"{finished}/events", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (426, "upgrade_required")
        assert answer.headers["upgrade"] == "websocket"
        assert server.client.get(finished).status_code == 200  # on the same connection


@pytest.mark.parametrize(
    "changes",
    [
        {"Sec_WebSocket_Version": "8"},
        {"Sec_WebSocket_Key": "short"},
        {"Connection": "close"},
        {"Sec_WebSocket_Protocol": "a b, ,"},
    ],
)
def test_a_handshake_that_is_wrong(server: Likeness, finished: str, changes: dict[str, str]) -> None:
    with closing(raw(server, finished, **changes)) as connection:
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 400")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "malformed_handshake"


@pytest.mark.parametrize("more", [b"\x81\x82\0\0\0\0hi", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET / HT"])
def test_a_client_that_does_not_wait_for_the_answer(server: Likeness, finished: str, more: bytes) -> None:
    """What it sends behind the handshake could be HTTP as well."""
    with closing(raw(server, finished, more)) as connection:
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 400")
    assert b'"malformed_handshake"' in answer


def test_a_large_head_and_a_slow_handshake(server: Likeness, finished: str, tmp_path: Path) -> None:
    assert answer_on(raw(server, finished, Cookie="x" * 33_000)).startswith(b"HTTP/1.1 431")
    with keeping(tmp_path, FakeModels(), read_timeout_s=0.5) as hasty:
        connection = hasty.connect()
        connection.sendall(f"GET {NOBODYS}/events HTTP/1.1\r\nUpgrade: websocket\r\n".encode())
        assert answer_on(connection).startswith(b"HTTP/1.1 408")


def test_an_unknown_host(server: Likeness, finished: str) -> None:
    with closing(raw(server, finished, Host="evil.example.org")) as connection:
        assert connection.recv(65536).startswith(b"HTTP/1.1 421")


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://127.0.0.1:{port}", True),
        (APP, True),
        ("https://evil.example.org", False),
        ("http://127.0.0.1:1", False),
        ("null", False),
    ],
)
def test_pages_of_other_origins(server: Likeness, finished: str, origin: str, allowed: bool) -> None:
    origin = origin.format(port=server.port)
    if allowed:
        with followed(server, finished, origin=origin) as client:
            assert events_of(client)[1] == 1000
    else:
        assert refused(server, finished, origin=origin) == (403, "foreign_origin")


def test_a_page_of_another_site_without_an_origin(server: Likeness, finished: str) -> None:
    assert refused(server, finished, additional_headers={"Sec-Fetch-Site": "cross-site"}) == (403, "foreign_origin")


@pytest.mark.parametrize(
    "options",
    [
        {"additional_headers": {"X-API-Key": SHOP}},
        {"additional_headers": {"Authorization": f"Bearer {SHOP}"}},
        {"subprotocols": [EVENTS, f"likeness.key.{SHOP}"]},
        {"subprotocols": [f"likeness.key.{SHOP}", EVENTS]},
        {"subprotocols": [f"likeness.key.{SHOP}"]},
    ],
)
def test_a_key_is_sent_as_a_header_or_a_subprotocol(
    locked: Likeness, of_shop: str, options: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with followed(locked, of_shop, **options) as client:
        assert events_of(client)[1] == 1000
        assert client.response is not None
        answer = str(client.response.headers)
        offered = options.get("subprotocols", [])
        assert isinstance(offered, list)
        assert client.subprotocol == (EVENTS if EVENTS in offered else None)
    ours = [record for record in caplog.records if not record.name.startswith("websockets.client")]
    assert SHOP not in answer + "".join(record.getMessage() + str(record.__dict__) for record in ours)


def test_no_key_a_wrong_one_and_that_of_another(locked: Likeness, of_shop: str) -> None:
    assert refused(locked, of_shop) == (401, "unauthorized")
    assert refused(locked, of_shop, subprotocols=[EVENTS]) == (401, "unauthorized")
    assert refused(locked, of_shop, subprotocols=[EVENTS, "likeness.key.wrong"]) == (401, "unauthorized")
    assert refused(locked, of_shop, subprotocols=[EVENTS, f"likeness.key.{LAB}"]) == (404, "unknown_job")
    # Only a handshake may bring its key so.
    plain = locked.client.get(of_shop, headers={"Sec-WebSocket-Protocol": f"likeness.key.{SHOP}"})
    assert plain.status_code == 401


def test_a_key_in_the_query(locked: Likeness, of_shop: str) -> None:
    with closing(raw(locked, f"{of_shop}/events?key={SHOP}#")) as connection:
        assert connection.recv(65536).startswith(b"HTTP/1.1 401")


def test_more_sockets_than_one_client_may_have(
    server: Likeness, finished: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.app.state, "streams", StreamPlaces(one_client=0))
    assert refused(server, finished) == (503, "too_many_streams")
    stream = server.client.get(finished, headers={"Accept": "text/event-stream"})
    assert_refused(stream, 503, "too_many_streams", "request")
    assert stream.headers["retry-after"] == "5"
    assert server.client.get(finished).status_code == 200


def test_places_are_counted_for_each_client_and_for_all() -> None:
    places = StreamPlaces(everybody=3, one_client=2)
    with places.held("a"), places.held("a"):
        with pytest.raises(TooManyStreams), places.held("a"):
            raise AssertionError
        with places.held("b"), pytest.raises(TooManyStreams), places.held("c"):
            raise AssertionError
        with places.held("c"):
            pass
    assert not places._open
