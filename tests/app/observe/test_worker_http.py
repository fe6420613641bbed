"""The port of a worker: metrics and health, for several clients, whatever these do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from app.observe import worker_http
from app.observe.registry import process_registry
from app.observe.worker_http import start_worker_http
from app.settings import Settings
from tests.load.balancer import free_port


def healthy() -> bool:
    return True


@contextmanager
def port(is_healthy: Callable[[], bool] = healthy, host: str = "127.0.0.1") -> Iterator[str]:
    number = free_port()
    stop = start_worker_http(Settings(host=host, worker_port=number), process_registry("cpu"), is_healthy)
    try:
        yield f"http://{host}:{number}"
    finally:
        stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://{host}:{number}/healthz")


def test_metrics_and_health() -> None:
    with port() as url:
        metrics = httpx.get(f"{url}/metrics")
        assert metrics.status_code == 200
        assert metrics.headers["content-type"].startswith("text/plain; version=")
        assert "likeness_build_info{" in metrics.text
        answer = httpx.get(f"{url}/healthz?probe=1")
        assert (answer.status_code, answer.json()) == (200, {"status": "healthy"})
        assert "Python" not in answer.headers["server"]
        assert httpx.get(f"{url}/api/v1/status").status_code == 404
        assert httpx.post(f"{url}/metrics").status_code == 501


def test_health_as_it_is_now() -> None:
    state = {"healthy": False}
    with port(lambda: state["healthy"]) as url:
        assert httpx.get(f"{url}/healthz").status_code == 503
        state["healthy"] = True
        assert httpx.get(f"{url}/healthz").status_code == 200


def test_health_that_cannot_be_told_is_none(caplog: pytest.LogCaptureFixture) -> None:
    def fails() -> bool:
        raise RuntimeError("no idea")

    with port(fails) as url:
        assert httpx.get(f"{url}/healthz").status_code == 503
    assert "the worker's health is not known" in caplog.text


def test_clients_that_send_nothing_do_not_hinder_a_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_http._Handler, "timeout", 0.3)
    with port() as url:
        address = httpx.URL(url)
        idle = [socket.create_connection((address.host, address.port or 0)) for _ in range(worker_http.CLIENTS + 4)]
        assert [each.recv(1) for each in idle[worker_http.CLIENTS :]] == [b""] * 4  # there is no room for these
        assert [each.recv(1) for each in idle[: worker_http.CLIENTS]] == [b""] * worker_http.CLIENTS
        assert httpx.get(f"{url}/healthz").status_code == 200
        for each in idle:
            each.close()


def test_without_a_port_there_is_nothing() -> None:
    before = threading.active_count()
    start_worker_http(Settings(), process_registry("cpu"), healthy)()
    assert threading.active_count() == before


def test_a_taken_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = Settings(worker_port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            start_worker_http(settings, process_registry("cpu"), healthy)
