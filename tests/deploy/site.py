"""nginx with deploy/nginx.conf in front of test replicas."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.app.server import ENHANCE
from tests.deploy.replica import Answer, Behaviour, Replica, replicas
from tests.load.balancer import Balancer, balancing, free_port

FULL = Answer(503, b'{"code": "overloaded"}', {"Retry-After": "7"})


@contextmanager
def site(
    folder: Path, *behaviours: Behaviour, unreachable: int = 0, **changed: str
) -> Iterator[tuple[Balancer, list[Replica]]]:
    """nginx before replicas of these behaviours, and before `unreachable` ones that do not listen."""
    with replicas(*behaviours) as servers:
        ports = [free_port() for _ in range(unreachable)] + [server.server_port for server in servers]
        with balancing(folder, ports, **changed) as balancer:
            yield balancer, servers


def post(balancer: Balancer, body: bytes = b"a photo", **headers: str) -> httpx.Response:
    return httpx.post(balancer.url + ENHANCE, content=body, headers=headers, timeout=30)


def count(servers: list[Replica]) -> list[int]:
    return [len(server.requests) for server in servers]
