"""`POST /cleanup`: an operator has what has expired removed now; nobody else may."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.access.keys import new_key
from jobs import retention
from jobs.retention import Swept
from tests.app.http.job_clients import done, keeping, objects_in
from tests.app.http.routes.refusals import assert_refused
from tests.app.server import Likeness, eventually, serving

CLEANUP = "/api/v1/cleanup"
KEYS = {name: new_key(name) for name in ("admin", "shop")}
OF = {name: {"X-API-Key": key} for name, (key, _) in KEYS.items()}
ENTRIES = ",".join(entry for _, entry in KEYS.values())


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Likeness]:
    with keeping(folder, api_keys=ENTRIES, operators="admin", retention_hours=1 / 3600) as likeness:
        yield likeness


def test_an_operator_removes_what_has_expired(server: Likeness, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    eventually(lambda: not server.app.state.jobs.sweeper.is_sweeping)
    done(server, headers=OF["shop"], upscale_factor=1)
    monkeypatch.setattr(retention, "ORPHAN_S", 0.0)
    orphan = folder / "objects" / "jobs" / "01890a5d-ac96-774b-bcce-b302099a8057" / "photo"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"1")
    server.app.state.jobs.sweeper._orphan_s = 0.0
    removed = {"jobs": 0, "objects": 0}

    def is_clean() -> bool:
        response = server.client.post(CLEANUP, headers=OF["admin"])
        assert response.status_code == 200, response.text
        for name, count in response.json().items():
            removed[name] += count
        return not objects_in(folder)

    eventually(is_clean)
    assert removed == {"jobs": 1, "objects": 1}
    assert server.client.post(CLEANUP, headers=OF["admin"]).json() == {"jobs": 0, "objects": 0}


def test_nobody_else_may(server: Likeness) -> None:
    sentence = assert_refused(server.client.post(CLEANUP, headers=OF["shop"]), 403, "not_an_operator", "keys")
    assert "LIKENESS_OPERATORS" in sentence
    assert server.client.post(CLEANUP).status_code == 401


def test_one_cleanup_at_a_time(server: Likeness, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs, go_on, answers = server.app.state.jobs, threading.Event(), []
    eventually(lambda: not jobs.sweeper.is_sweeping)

    async def slow() -> int:
        await asyncio.to_thread(go_on.wait, 20)
        return 7

    monkeypatch.setattr(jobs.sweeper, "_expire", slow)
    first = threading.Thread(target=lambda: answers.append(server.client.post(CLEANUP, headers=OF["admin"])))
    first.start()
    try:
        eventually(lambda: jobs.sweeper.is_sweeping)
        assert_refused(server.client.post(CLEANUP, headers=OF["admin"]), 409, "cleanup_running", "request")
    finally:
        go_on.set()
        first.join()
    assert answers[0].json() == {"jobs": 7, "objects": 0}
    assert Swept(7, 0).jobs == 7


def test_a_server_without_keys_has_no_operator(tmp_path: Path) -> None:
    """Nor has one that only its own machine reaches: a proxy there sends requests of anybody."""
    with keeping(tmp_path, operators="admin") as open_to_all:
        assert_refused(open_to_all.client.post(CLEANUP), 403, "not_an_operator", "keys")
        assert_refused(open_to_all.client.post(CLEANUP, headers=OF["admin"]), 403, "not_an_operator", "keys")


def test_no_operator_unless_named(tmp_path: Path) -> None:
    with keeping(tmp_path, api_keys=ENTRIES) as server:
        assert_refused(server.client.post(CLEANUP, headers=OF["admin"]), 403, "not_an_operator", "keys")


def test_a_server_without_jobs_has_nothing_to_clean() -> None:
    with serving(until=None) as server:
        assert_refused(server.client.post(CLEANUP), 404, "jobs_off", "request")


def test_it_takes_no_query(server: Likeness) -> None:
    refused = server.client.post(f"{CLEANUP}?all=true", headers=OF["admin"])
    assert_refused(refused, 422, "unknown_parameter", "parameters")
