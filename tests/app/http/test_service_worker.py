"""What the browser app's service worker needs of the service, and what the service does where there is none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.app import export
from tests.app.fakes import FakeModels
from tests.app.http.test_content_security import sources
from tests.app.server import Likeness, serving


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Likeness]:
    """A server with an export."""
    with serving(FakeModels(), web_dir=export.export(tmp_path_factory.mktemp("app"))) as server:
        yield server


def test_it_may_fetch_from_this_server_and_load_nothing_else(site: Likeness) -> None:
    policy = sources(site.client.get("/sw.js").headers["content-security-policy"])
    assert policy == {"default-src": ["'none'"], "connect-src": ["'self'"], "frame-ancestors": ["'none'"]}


def test_a_browser_asks_for_a_new_one_each_time(site: Likeness) -> None:
    first = site.client.get("/sw.js")
    assert first.headers["content-type"] == "text/javascript; charset=utf-8"
    again = site.client.get("/sw.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.headers["cache-control"]) == (304, "no-cache")
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]


def test_photos_that_are_shared_where_there_is_none_get_404(site: Likeness) -> None:
    answer = site.client.post("/share", files={"photos": ("oma.jpg", b"a photo")}, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
