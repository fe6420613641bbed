"""Requests for hosts that are not the server's are refused, on every route, before keys, quota and body."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.access.keys import new_key
from app.application import create_app
from app.settings import Settings
from tests.app.exposition import counted
from tests.app.fakes import FakeModels
from tests.app.server import ENHANCE, LIVE, MULTIPART, NO_WEBSITE, READY, STATUS, UPSCALE, Likeness, answer_on, serving

KEY, ENTRY = new_key("shop")
EVIL = "Host: evil.example"
ROUTES = ["/", "/docs", "/openapi.json", "/metrics", LIVE, READY, STATUS, "/nothing", "/page.html", ENHANCE]


@pytest.fixture(scope="module")
def strict(likeness: Likeness, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Likeness]:
    """A server with everything that could answer first: keys, a rate limit, CORS and the browser app.

    `likeness` starts first, so that it does not get the fakes.
    """
    site = tmp_path_factory.mktemp("site")
    for page in ("index.html", "page.html"):
        (site / page).write_text("<p>page</p>")
    settings = {"api_keys": ENTRY, "rate_limit": "2/day", "cors_origins": "https://app.example.org", "web_dir": site}
    with serving(FakeModels(), hosts="photos.example.org,.example.net", **settings) as server:
        yield server


def asked(server: Likeness, first_line: str, *headers: str, body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer to a request with exactly these headers."""
    connection = server.connect()
    head = "\r\n".join([first_line, *headers, "Connection: close"])
    connection.sendall(head.encode("latin-1") + b"\r\n\r\n" + body)
    head, _, rest = answer_on(connection).decode("latin-1").partition("\r\n\r\n")
    status, *lines = head.split("\r\n")
    found = dict(line.lower().split(": ", 1) for line in lines)
    return int(status.split()[1]), found, rest.encode("latin-1")


def code_of(answer: tuple[int, dict[str, str], bytes]) -> tuple[int, str]:
    return answer[0], json.loads(answer[2])["code"]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("path", ROUTES)
def test_an_unknown_host_is_refused_on_every_route(strict: Likeness, path: str, method: str) -> None:
    status, headers, body = asked(strict, f"{method} {path} HTTP/1.1", EVIL)
    error = json.loads(body)
    assert (status, error["code"], error["stage"]) == (421, "unknown_host", "request")
    assert "evil.example" in error["error"]
    assert "LIKENESS_HOSTS" in error["error"]
    assert error["request_id"] == headers["x-request-id"]
    assert (headers["x-content-type-options"], headers["connection"]) == ("nosniff", "close")


def test_a_preflight_for_an_unknown_host_is_refused_without_cors_headers(strict: Likeness) -> None:
    preflight = ("Origin: https://app.example.org", "Access-Control-Request-Method: POST")
    status, headers, _ = asked(strict, f"OPTIONS {ENHANCE} HTTP/1.1", EVIL, *preflight)
    assert status == 421
    assert not [name for name in headers if name.startswith("access-control")]
    assert asked(strict, f"OPTIONS {ENHANCE} HTTP/1.1", "Host: photos.example.org", *preflight)[0] == 200


def test_a_rebound_page_reads_nothing(strict: Likeness) -> None:
    """To the browser, page and server have the same origin, so only the Host header shows the attack."""
    headers = ("Host: evil.example:8000", "Origin: http://evil.example:8000", "Sec-Fetch-Site: same-origin")
    for first_line in (f"GET {STATUS} HTTP/1.1", f"POST {ENHANCE} HTTP/1.1"):
        assert code_of(asked(strict, first_line, *headers, f"X-API-Key: {KEY}")) == (421, "unknown_host")


def test_the_refusal_precedes_key_quota_and_body(strict: Likeness) -> None:
    """Neither a wrong key nor a missing body is noticed, and the two photos of the quota stay."""
    form = (f"Content-Type: {MULTIPART}", "Content-Length: 9000000")
    for key in ("wrong", KEY, KEY, KEY):
        answer = asked(strict, f"POST {UPSCALE} HTTP/1.1", EVIL, f"X-API-Key: {key}", *form)
        assert code_of(answer) == (421, "unknown_host")
        assert "ratelimit-remaining" not in answer[1]


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:8000",
        "app.localhost:1",
        "127.0.0.1",
        "127.9.9.9:80",
        "[::1]:8000",
        "192.168.1.5:8000",
        "[fd00::5]",
        "photos.example.org",
        "Photos.Example.org.:443",
        "example.net",
        "a.b.example.net",
    ],
)
def test_loopback_names_addresses_and_hosts_of_the_setting_are_served(strict: Likeness, host: str) -> None:
    assert asked(strict, f"GET {LIVE} HTTP/1.1", f"Host: {host}")[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        [],
        ["Host:"],
        ["Host: localhost", "Host: localhost"],
        ["Host: localhost", "host: evil.example"],
        ["Host: localhost, evil.example"],
        ["Host: evil.example@localhost"],
        ["Host: localhost:port"],
        ["Host: ::1"],
        ["Host: b\xfccher.example"],
    ],
    ids=str,
)
def test_a_request_needs_exactly_one_well_formed_host(strict: Likeness, headers: list[str]) -> None:
    answer = asked(strict, f"GET {LIVE} HTTP/1.1", *headers)
    assert code_of(answer) == (400, "malformed_host")
    assert "exactly one Host header" in json.loads(answer[2])["error"]


def test_http_1_0_may_leave_the_host_out(strict: Likeness) -> None:
    assert asked(strict, f"GET {LIVE} HTTP/1.0")[0] == 200
    assert asked(strict, f"GET {LIVE} HTTP/1.0", EVIL)[0] == 421
    assert asked(strict, f"GET {LIVE} HTTP/1.0", "Host: localhost", "Host: localhost")[0] == 400


def test_a_target_with_a_host_of_its_own_does_not_replace_the_header(strict: Likeness) -> None:
    assert asked(strict, f"GET http://localhost{LIVE} HTTP/1.1", EVIL)[0] == 421


@pytest.mark.parametrize(("bound", "host"), [("localhost", "localhost"), ("0.0.0.0", "10.1.2.3:8000")])
def test_where_it_listens_is_served(fakes: FakeModels, bound: str, host: str) -> None:
    with serving(fakes, host=bound) as server:
        assert asked(server, f"GET {LIVE} HTTP/1.1", f"Host: {host}")[0] == 200
        assert asked(server, f"GET {LIVE} HTTP/1.1", EVIL)[0] == 421


@pytest.mark.parametrize(("host", "status"), [("photos.lan", 200), ("PHOTOS.LAN:8000", 200), ("other.lan", 421)])
def test_the_name_that_it_listens_on_is_served(host: str, status: int) -> None:
    app = create_app(Settings(host="Photos.lan", models="embedded", device="cpu", web_dir=Path(NO_WEBSITE)))

    async def asked_within() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{host}") as client:
            return await client.get("/openapi.json")

    assert asyncio.run(asked_within()).status_code == status


def test_a_star_serves_any_host(fakes: FakeModels) -> None:
    with serving(fakes, hosts="*") as server:
        assert asked(server, f"GET {LIVE} HTTP/1.1", EVIL)[0] == 200
        assert asked(server, f"GET {LIVE} HTTP/1.1")[0] == 400


def test_refusals_are_counted_and_logged(fakes: FakeModels, caplog: pytest.LogCaptureFixture) -> None:
    with serving(fakes, log_level="info") as server:
        caplog.set_level("INFO", logger="likeness.requests")
        asked(server, f"GET {STATUS} HTTP/1.1", EVIL)
        asked(server, f"GET {STATUS} HTTP/1.1")
        found = counted(server, "likeness_refusals_total", code="unknown_host")
        assert found("likeness_refusals_total", code="malformed_host") == 1
        assert found("likeness_requests_total", route=STATUS, status="421") == 1
    logged: list[Any] = [record for record in caplog.records if record.name == "likeness.requests"]
    assert {(record.status, record.code) for record in logged} >= {(421, "unknown_host"), (400, "malformed_host")}
    assert "evil" not in str([vars(record) for record in logged])
