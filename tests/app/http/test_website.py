"""The browser app: which files are served, with which headers, and that no other file is."""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.access.keys import new_key
from tests.app import export
from tests.app.exposition import counted
from tests.app.fakes import FakeModels
from tests.app.http.test_content_security import hash_of, sources
from tests.app.server import ENHANCE, STATUS, Likeness, answer_on, serving

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
KEY, ENTRY = new_key("shop")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export, and files that must not be served: beside it, hidden, linked out of it, and with paths of the API."""
    around = tmp_path_factory.mktemp("around")
    (around / "secret.txt").write_text("a secret", encoding="utf-8")
    folder = export.export(around / "out")
    for name in (
        ".env",
        ".git/config",
        "metrics.html",
        "docs.html",
        "openapi.json",
        "api/v1/status",
        "api/v1/new.html",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("a secret", encoding="utf-8")
    (folder / "out.txt").symlink_to(around / "secret.txt")
    (folder / "around").symlink_to(around)
    (folder / "inside.txt").symlink_to(folder / "index.txt")
    (folder / "nowhere.txt").symlink_to(around / "nowhere.txt")
    os.mkfifo(folder / "pipe.txt")  # reading a named pipe would block
    return folder


@pytest.fixture(scope="module")
def site(likeness: Likeness, folder: Path) -> Iterator[Likeness]:
    """A server with the export. `likeness` starts first, so that it does not get the fakes."""
    with serving(FakeModels(), web_dir=folder) as server:
        yield server


def get(site: Likeness, path: str, **headers: str) -> httpx.Response:
    """GET without the Accept-Encoding that httpx adds."""
    return site.client.get(path, headers={"Accept-Encoding": "identity", **headers})


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("/", "index.html"),
        ("/index.html", "index.html"),
        ("/about", "about.html"),
        ("/about.html", "about.html"),
        ("/help/", "help/index.html"),
        ("/?from=here", "index.html"),
        ("/index.txt?_rsc=1", "index.txt"),
        ("/inside.txt", "index.txt"),
        (export.SCRIPT, export.SCRIPT),
        (export.FONT, export.FONT),
    ],
)
def test_files_are_served_as_exported(site: Likeness, folder: Path, path: str, file: str) -> None:
    response = get(site, path)
    assert response.status_code == 200
    assert response.content == (folder / file.lstrip("/")).read_bytes()
    head = site.client.head(path, headers={"Accept-Encoding": "identity"})
    assert head.content == b""
    same = ("content-length", "content-type", "etag", "cache-control", "content-security-policy")
    assert [head.headers.get(name) for name in same] == [response.headers.get(name) for name in same]


@pytest.mark.parametrize(
    ("path", "media_type", "cache"),
    [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/about", "text/html; charset=utf-8", "no-cache"),
        ("/index.txt", "text/plain; charset=utf-8", "no-cache"),
        ("/favicon.ico", "image/vnd.microsoft.icon", "no-cache"),
        ("/manifest.webmanifest", "application/manifest+json", "no-cache"),
        (export.SCRIPT, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
        (export.STYLE, "text/css; charset=utf-8", "public, max-age=31536000, immutable"),
        (export.FONT, "font/woff2", "public, max-age=31536000, immutable"),
    ],
)
def test_each_file_has_its_media_type_and_cache_time(site: Likeness, path: str, media_type: str, cache: str) -> None:
    headers = get(site, path).headers
    assert (headers["content-type"], headers["cache-control"]) == (media_type, cache)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("accepted", ["gzip", "gzip, deflate, br, zstd", "br;q=1, GZIP;q=0.5"])
def test_text_is_compressed_for_clients_that_accept_gzip(site: Likeness, accepted: str) -> None:
    plain = get(site, export.SCRIPT)
    with site.client.stream("GET", export.SCRIPT, headers={"Accept-Encoding": accepted}) as packed:
        sent = b"".join(packed.iter_raw())
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) == len(sent) < len(plain.content) / 2
    assert gzip.decompress(sent) == plain.content
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("path", "accepted"),
    [(export.SCRIPT, "br"), (export.SCRIPT, "gzip;q=0"), (export.SCRIPT, ""), (export.FONT, "gzip")],
)
def test_other_files_and_other_clients_get_no_compression(
    site: Likeness, folder: Path, path: str, accepted: str
) -> None:
    response = get(site, path, **{"Accept-Encoding": accepted})
    assert "content-encoding" not in response.headers
    assert response.content == (folder / path.lstrip("/")).read_bytes()


def test_a_file_with_a_known_etag_is_not_sent_again(site: Likeness) -> None:
    first = get(site, "/")
    etag = first.headers["etag"]
    for known in (etag, etag.removeprefix("W/"), f'"other", {etag}', "*"):
        again = get(site, "/", **{"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        # These headers replace those that the browser has stored, so the page's own policy must be among them.
        for name in ("etag", "cache-control", "vary", "content-security-policy"):
            assert again.headers[name] == first.headers[name]
    assert get(site, "/", **{"If-None-Match": '"other"'}).status_code == 200
    assert get(site, "/about").headers["etag"] != etag


def test_the_policy_of_a_page_allows_its_own_scripts_only(site: Likeness) -> None:
    scripts = re.findall(r"<script>(.*?)</script>", export.INDEX, re.DOTALL)
    policy = sources(get(site, "/").headers["content-security-policy"])
    assert policy["script-src"] == ["'self'", *map(hash_of, scripts)]
    assert len(scripts) == 2
    assert sources(get(site, "/about").headers["content-security-policy"])["script-src"] == ["'self'"]
    assert sources(get(site, export.SCRIPT).headers["content-security-policy"])["default-src"] == ["'none'"]


@pytest.mark.parametrize(
    "path",
    [
        *("/.env", "/.git/config", "/out.txt", "/around/secret.txt", "/nowhere.txt", "/pipe.txt"),
        *("/../secret.txt", "/%2e%2e/secret.txt", "/help/../../secret.txt", "/..%2fsecret.txt", "//secret.txt"),
        *(
            "/about.html/",
            "/about.html.html",
            "/About",
            "/index",
            "/help",
            "/_next",
            "/_next/static/",
            "/%00",
            "//about",
        ),
    ],
)
def test_nothing_else_is_served(site: Likeness, path: str) -> None:
    connection = site.connect()  # an HTTP client would normalise the path
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    head, _, body = answer_on(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404 ")
    assert b"secret" not in body


@pytest.mark.parametrize(
    ("path", "status"),
    [("/docs", 200), ("/openapi.json", 200), ("/metrics", 200), (STATUS, 200), ("/api/v1/new", 404), (ENHANCE, 405)],
)
def test_routes_of_the_service_precede_files(site: Likeness, path: str, status: int) -> None:
    response = get(site, path, Accept=BROWSER)
    assert response.status_code == status
    assert "a secret" not in response.text
    if status > 400:
        assert set(response.json()) == {"error", "stage", "code", "request_id"}


def test_a_browser_gets_the_404_page(site: Likeness, folder: Path) -> None:
    answer = get(site, "/nothing", Accept=BROWSER)
    assert (answer.status_code, answer.text) == (404, (folder / "404.html").read_text(encoding="utf-8"))
    assert sources(answer.headers["content-security-policy"])["script-src"] == ["'self'", hash_of("1")]
    again = get(site, "/nothing", Accept=BROWSER, **{"If-None-Match": "*"})
    assert again.status_code == 404
    assert site.client.head("/nothing", headers={"Accept": BROWSER}).status_code == 404


@pytest.mark.parametrize("accept", ["*/*", "", "application/json, text/html;q=0.9", "image/png"])
def test_other_clients_get_404_in_json(site: Likeness, accept: str) -> None:
    answer = get(site, "/nothing", Accept=accept)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/docs/static/nothing"])
def test_unknown_api_paths_get_404_in_json(site: Likeness, path: str) -> None:
    assert get(site, path, Accept=BROWSER).json()["code"] == "not_found"


def test_files_allow_get_and_head_only(site: Likeness) -> None:
    for path in ("/", export.SCRIPT):
        answer = site.client.post(path, headers={"Accept": BROWSER})
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
        assert answer.json()["code"] == "method_not_allowed"
    assert site.client.post("/nothing", headers={"Accept": BROWSER}).json()["code"] == "not_found"


def test_the_files_of_the_app_need_no_key_and_other_paths_do(folder: Path) -> None:
    with serving(FakeModels(), web_dir=folder, api_keys=ENTRY, rate_limit="1/minute") as site:
        for path in ("/", "/about", "/help/", "/404.html", "/index.txt", "/favicon.ico", export.SCRIPT, export.FONT):
            assert {site.client.get(path).status_code for _ in range(3)} == {200}
            assert site.client.head(path).status_code == 200
            assert site.client.post(path).status_code == 401
        for path in (
            STATUS,
            "/metrics",
            "/api/v1/new",
            "/nothing",
            "/.env",
            "/_next/",
            "/_next/static/chunks/",
            "/about/",
        ):
            answer = site.client.get(path, headers={"Accept": BROWSER})
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized"), path


def test_all_files_have_one_route_label_in_the_metrics(folder: Path) -> None:
    with serving(FakeModels(), web_dir=folder) as site:
        for path in ("/", "/about", export.SCRIPT, "/made-up"):
            site.client.get(path, headers={"Accept": BROWSER})
        site.client.post("/about")
        found = counted(site, "likeness_requests_total", route="website", status="200", value=3)
        counted(site, "likeness_requests_total", route="website", status="405")
        counted(site, "likeness_requests_total", route="unmatched", status="404")
        counted(site, "likeness_refusals_total", code="not_found")
        assert found.labels("likeness_requests_total", "route") <= {
            *("website", "unmatched", "/metrics", "/api/v1/health/ready")
        }
