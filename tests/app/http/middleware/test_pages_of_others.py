"""What pages of other sites reach in a real browser, Chromium."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.app.exposition import scraped
from tests.app.fakes import FakeModels
from tests.app.http.routes.test_pages import needs_chromium, shown
from tests.app.server import STATUS, Likeness, serving

WARMUP = "/api/v1/models/warmup"
REBINDING = "--host-resolver-rules=MAP evil.example 127.0.0.1"
SENDING = """<body><script>
fetch("{url}", {{method: "POST", mode: "{mode}", body: new FormData()}}).then(
  (answer) => {{ document.body.dataset.got = answer.type + " " + answer.status; }},
  () => {{ document.body.dataset.got = "nothing"; }},
);
</script></body>"""

pytestmark = needs_chromium


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Do not log."""


@contextmanager
def other_site(folder: Path) -> Iterator[str]:
    """A web server of someone else; its origin."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as site:
        threading.Thread(target=site.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{site.server_port}"
        site.shutdown()


def sent_by(origin: str, folder: Path, server: Likeness, mode: str) -> str:
    """The DOM of a page of the origin that sends a request to the server."""
    url = f"http://127.0.0.1:{server.port}{WARMUP}"
    (folder / "page.html").write_text(SENDING.format(url=url, mode=mode), encoding="utf-8")
    page, _ = shown(f"{origin}/page.html", folder / "profile")
    return page


def answers(server: Likeness, status: int) -> float:
    return scraped(server)("likeness_requests_total", route=WARMUP, status=str(status))


def test_a_page_of_another_site_does_not_start_any_work(tmp_path: Path) -> None:
    with other_site(tmp_path) as origin, serving(FakeModels()) as server:
        # Chromium sends it, and keeps the answer from the page because of Cross-Origin-Resource-Policy.
        assert 'data-got="nothing"' in sent_by(origin, tmp_path, server, "no-cors")
        assert (answers(server, 403), answers(server, 200)) == (1, 0)
        assert scraped(server)("likeness_refusals_total", code="foreign_origin") == 1


def test_a_page_on_a_listed_origin_sends_and_reads(tmp_path: Path) -> None:
    with other_site(tmp_path) as origin, serving(FakeModels(), cors_origins=origin) as server:
        assert 'data-got="cors 200"' in sent_by(origin, tmp_path, server, "cors")


def test_a_page_of_the_service_sends_and_reads(tmp_path: Path) -> None:
    """Not a listed origin: the page comes from the service itself."""
    (tmp_path / "index.html").write_text("<p>index</p>")
    (tmp_path / "page.html").write_text(SENDING.format(url=WARMUP, mode="cors"))
    with serving(FakeModels(), web_dir=tmp_path) as server:
        page, _ = shown(f"http://localhost:{server.port}/page.html", tmp_path / "profile")
        assert 'data-got="basic 200"' in page


def test_a_rebound_name_reads_nothing(tmp_path: Path) -> None:
    with serving(FakeModels()) as server:
        page, _ = shown(f"http://evil.example:{server.port}{STATUS}", tmp_path / "profile", REBINDING)
        assert "unknown_host" in page
        assert "queue_length" not in page
        own, _ = shown(f"http://localhost:{server.port}{STATUS}", tmp_path / "own")
        assert "queue_length" in own
