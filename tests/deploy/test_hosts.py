"""The hosts for which the service answers in a container, with Docker Compose, in Kubernetes and behind nginx."""

from __future__ import annotations

import re
import socket
from contextlib import closing
from pathlib import Path

import httpx
import pytest
import yaml

from app.access.hosts import is_served, parse_hosts
from tests.app import samples
from tests.app.fakes import FakeModels
from tests.app.server import ENHANCE, READY, answer_on, serving
from tests.deploy.replica import Answer
from tests.deploy.site import site
from tests.load.balancer import CONFIGURATION, balancing

DEPLOY = CONFIGURATION.parent
SERVICE = "likeness.likeness.svc.cluster.local"


def hosts_of(place: str) -> tuple[str, ...]:
    """LIKENESS_HOSTS as the file sets it, where the operator sets nothing."""
    if place == "image":
        match = re.search(r"\bLIKENESS_HOSTS=(\S+)", re.sub("#.*", "", (DEPLOY.parent / "Dockerfile").read_text()))
        assert match is not None
        return parse_hosts(match[1])
    if place == "compose":
        service = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["likeness"]
        return parse_hosts(service["environment"]["LIKENESS_HOSTS"].replace("${LIKENESS_HOSTS:-}", ""))
    (container,) = yaml.safe_load((DEPLOY / "kubernetes" / "deployment.yaml").read_text())["spec"]["template"]["spec"][
        "containers"
    ]
    return parse_hosts(next(row["value"] for row in container["env"] if row["name"] == "LIKENESS_HOSTS"))


@pytest.mark.parametrize("place", ["image", "compose", "kubernetes"])
def test_other_containers_people_on_this_network_and_probes_are_served_and_strange_names_are_not(place: str) -> None:
    hosts = hosts_of(place)
    for host in ("likeness", "localhost", "127.0.0.1", "192.168.1.20", "10.244.1.7", "fd00::7"):
        assert is_served(host, hosts), host
    for host in ("evil.example", "likeness.evil.example", "evil-likeness"):
        assert not is_served(host, hosts), host


def test_the_names_of_the_service_in_a_cluster_are_served() -> None:
    parts = SERVICE.split(".")
    assert [length for length in (1, 2, 3, 5) if not is_served(".".join(parts[:length]), hosts_of("kubernetes"))] == []


def test_an_operators_hosts_are_added_in_compose() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    assert re.search(r"LIKENESS_HOSTS: likeness,\$\{LIKENESS_HOSTS:-\}$", text, re.MULTILINE)


def test_a_page_behind_nginx_may_send_photos_and_a_foreign_one_may_not(tmp_path: Path) -> None:
    photo = {"file": ("photo", samples.no_face())}
    with serving(FakeModels(), hosts="photos.example.org") as server, balancing(tmp_path, [server.port]) as balancer:
        for host, origin, status in (
            (f"127.0.0.1:{balancer.port}", balancer.url, 200),
            ("photos.example.org", "https://photos.example.org", 200),
            ("photos.example.org", "https://evil.example", 403),
            ("evil.example", "http://evil.example", 421),
        ):
            headers = {"Host": host, "Origin": origin}
            fields = {"require_face": "false"}
            answer = httpx.post(balancer.url + ENHANCE, files=photo, data=fields, headers=headers, timeout=60)
            assert answer.status_code == status, (host, origin)
            if status != 200:
                assert answer.headers["content-type"] == "application/json"


def test_a_client_of_http_1_0_without_a_host_gets_through_nginx(tmp_path: Path) -> None:
    with site(tmp_path, Answer()) as (balancer, servers):
        with closing(socket.create_connection(("127.0.0.1", balancer.port), timeout=10)) as connection:
            connection.sendall(b"GET %s HTTP/1.0\r\n\r\n" % READY.encode())
            assert answer_on(connection).startswith(b"HTTP/1.1 200")
        (request,) = servers[0].requests
        assert request.headers.get_all("Host") == ["127.0.0.1"]
