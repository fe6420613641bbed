"""The profile `jobs` of Docker Compose, and what nginx and Prometheus need for it."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from app.settings import GivenSettings
from tests.deploy.test_files import DEFAULTS, DEPLOY, NGINX, directive
from tests.deploy.units import amount_of

COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
PROMETHEUS = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = COMPOSE["services"]
    return found


def interpolated(environment: dict[str, str], **given: str) -> dict[str, str]:
    """The variables of a service as Compose sets them, where these are set in the shell."""

    def value(text: str) -> str:
        if match := re.fullmatch(r"\$\{(\w+):\+(.*)\}", text):
            return re.sub(r"\$\{(\w+)\}", lambda name: given[name[1]], match[2]) if given.get(match[1]) else ""
        return re.sub(r"\$\{(\w+):-([^}]*)\}", lambda match: given.get(match[1]) or match[2], text)

    return {name: value(text) for name, text in environment.items()}


def settings_of(environment: dict[str, str]) -> GivenSettings:
    given = {
        name.removeprefix("LIKENESS_").lower(): value
        for name, value in environment.items()
        if name.startswith("LIKENESS_") and value
    }
    return GivenSettings(**given)  # type: ignore[arg-type]


def test_a_whole_batch_passes() -> None:
    batches = NGINX[NGINX.index("location ~ ^(/api/v1/batches|") :]
    assert amount_of(directive("client_max_body_size", batches)) == DEFAULTS.max_batch_bytes
    assert f"{DEFAULTS.batch_size * DEFAULTS.max_upload_mb:g} MB that a batch" in NGINX  # nginx's own 413
    assert directive("proxy_request_buffering", batches) == "off"
    # What nginx holds of a batch is little beside a photo.
    assert amount_of(directive("client_body_buffer_size", batches)) * int(directive("limit_conn batches")) < 2**24
    assert amount_of(directive("proxy_send_timeout", batches)) > DEFAULTS.read_timeout_s
    assert directive("proxy_buffering", batches) == "off"  # of what is streamed


def test_jobs_are_off_without_a_password_and_on_with_one(services: dict[str, Any]) -> None:
    store = interpolated(services["seaweedfs"]["environment"], JOBS_PASSWORD="0a1b")
    for name in ("likeness", "worker"):
        assert not settings_of(interpolated(services[name]["environment"])).has_jobs
        on = interpolated(services[name]["environment"], JOBS_PASSWORD="0a1b")
        settings = settings_of(on)
        assert settings.has_jobs
        assert settings.database_url == "postgresql://likeness:0a1b@postgres/likeness"
        assert (settings.objects_url, settings.broker_url) == ("s3://likeness/jobs", "redis://redis:6379/1")
        assert on["AWS_SECRET_ACCESS_KEY"] == store["AWS_SECRET_ACCESS_KEY"] == "0a1b"


def test_the_stores_are_reached_by_replicas_and_workers_only(services: dict[str, Any]) -> None:
    networks = COMPOSE["networks"]
    assert networks["stores"]["internal"] is True
    inside = {name for name, service in services.items() if "stores" in service["networks"]}
    assert inside == {"likeness", "worker", "postgres", "seaweedfs", "redis"}
    for name in ("postgres", "seaweedfs", "redis"):
        assert services[name]["networks"] == ["stores"]
        assert "ports" not in services[name]


def test_a_worker_has_time_to_give_its_job_back_and_tells_its_health(services: dict[str, Any]) -> None:
    worker = services["worker"]
    assert worker["profiles"] == ["jobs"]
    assert worker["command"] == ["python", "-m", "app", "worker"]
    assert worker["image"] == services["likeness"]["image"]
    assert amount_of(worker["stop_grace_period"]) > DEFAULTS.grace_s
    port = worker["environment"]["LIKENESS_WORKER_PORT"]
    assert f"http://127.0.0.1:{port}/healthz" in worker["healthcheck"]["test"][-1]
    (scraped,) = (job for job in PROMETHEUS["scrape_configs"] if job["job_name"] == "likeness-workers")
    (found,) = scraped["dns_sd_configs"]
    assert (found["names"], found["port"]) == (["worker"], int(port))


def test_what_needs_a_backup_has_a_volume(services: dict[str, Any]) -> None:
    volumes = COMPOSE["volumes"]
    for name in ("postgres", "seaweedfs"):
        (mount,) = services[name]["volumes"]
        assert mount["source"] in volumes


def test_the_workers_fit_on_a_machine_that_a_replica_fits_on(services: dict[str, Any]) -> None:
    """Docker refuses a limit above the machine's cores, so that it has as many at least as a replica may use."""
    deploy = {name: services[name]["deploy"] for name in ("likeness", "worker")}
    given = {"workers": deploy["worker"]["replicas"], "cpus": deploy["worker"]["resources"]["limits"]["cpus"]}
    found = interpolated(given)
    cores = float(deploy["likeness"]["resources"]["limits"]["cpus"])
    assert int(found["workers"]) * float(found["cpus"]) <= cores
    assert float(interpolated(given, WORKER_CPUS="4")["cpus"]) == 4
