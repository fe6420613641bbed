"""The files in deploy/ agree with the service and with each other."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from app.application import create_app
from app.settings import Settings
from tests.app.fakes import FakeModels
from tests.app.server import serving
from tests.deploy.units import amount_of
from tests.load.balancer import CONFIGURATION

DEPLOY = CONFIGURATION.parent
KUBERNETES = DEPLOY / "kubernetes"
NGINX = re.sub(r"#.*", "", CONFIGURATION.read_text())
DEFAULTS = Settings.model_construct()
LABELS = {"app.kubernetes.io/name": "likeness"}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    return found


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    """The resources that the kustomization names, by kind."""
    named = _read("kustomization.yaml")["resources"]
    return {document["kind"]: document for document in map(_read, named)}


@pytest.fixture(scope="module")
def pod(resources: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = resources["Deployment"]["spec"]["template"]["spec"]
    return found


@pytest.fixture(scope="module")
def container(pod: dict[str, Any]) -> dict[str, Any]:
    (found,) = pod["containers"]
    assert isinstance(found, dict)
    return found


class TestNginx:
    def test_uploads_fit_into_memory(self) -> None:
        largest = DEFAULTS.max_body_bytes
        photos = NGINX[NGINX.index("location ~ ^(/api/v1/enhance|") :]
        assert amount_of(directive("client_max_body_size", photos)) == largest
        assert amount_of(directive("client_body_buffer_size")) > largest
        assert f"{DEFAULTS.max_upload_mb:g} MB" in NGINX  # nginx's own 413

    def test_the_service_answers_its_deadline_before_nginx_does(self) -> None:
        deadline = DEFAULTS.deadline_s
        assert deadline + 1 < amount_of(directive("proxy_read_timeout")) < deadline + 30
        # and a photo past its deadline is not tried again
        assert amount_of(directive("proxy_next_upstream_timeout")) <= deadline

    def test_two_tries_and_none_after_a_deadline(self) -> None:
        assert directive("proxy_next_upstream_tries") == "2"
        tried_again = re.findall(r"proxy_next_upstream ([^;]+);", NGINX)
        assert all(not {"http_500", "http_504"} & set(when.split()) for when in tried_again)

    def test_its_memory_is_enough(self, services: dict[str, Any]) -> None:
        count, size = directive("proxy_buffers").split()
        each = amount_of(directive("client_body_buffer_size")) + int(count) * amount_of(size)
        at_once = int(directive("limit_conn photos"))
        tmpfs = sum(amount_of(size) for size in re.findall(r"size=(\w+)", " ".join(services["nginx"]["tmpfs"])))
        assert at_once * each + tmpfs < amount_of(services["nginx"]["deploy"]["resources"]["limits"]["memory"])

    def test_every_folder_it_writes_into_is_in_memory(self, services: dict[str, Any]) -> None:
        folders = re.findall(r"(?:_temp_path|pid) (/\S+?)[ ;]", NGINX)
        assert len(folders) == 6
        assert all(folder.startswith("/tmp/") for folder in folders)
        assert any(mount.startswith("/tmp:") for mount in services["nginx"]["tmpfs"])
        assert directive("proxy_max_temp_file_size") == "0"

    def test_one_client_can_fill_all_places_of_the_replicas(self, services: dict[str, Any]) -> None:
        places = replicas_of(services["likeness"]) * (DEFAULTS.slots + DEFAULTS.queue_size)
        assert int(directive("limit_conn per_client")) >= places


class TestCompose:
    def test_settings_exist(self, services: dict[str, Any]) -> None:
        _are_settings(services["likeness"]["environment"])

    def test_the_defaults_are_those_of_the_service(self, services: dict[str, Any]) -> None:
        for name, value in services["likeness"]["environment"].items():
            if match := re.fullmatch(rf"\$\{{{name}:-(.*)\}}", value):
                assert match[1] == _text(getattr(DEFAULTS, _field(name))), name

    def test_every_container_is_locked_down_and_limited(self, services: dict[str, Any]) -> None:
        for name, service in services.items():
            assert service["read_only"] is True, name
            assert service["cap_drop"] == ["ALL"], name
            assert "no-new-privileges:true" in service["security_opt"], name
            assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}, name
            assert re.search(r":v?\d+\.\d+", service["image"]), f"{name}: no version"

    def test_a_replica_has_time_to_shut_down(self, services: dict[str, Any]) -> None:
        wait = amount_of(services["likeness"]["stop_grace_period"])
        assert wait > DEFAULTS.drain_s + DEFAULTS.grace_s
        # nginx stops first, and waits for the photos that the replicas work on
        assert amount_of(services["nginx"]["stop_grace_period"]) > amount_of(directive("worker_shutdown_timeout"))
        assert amount_of(directive("worker_shutdown_timeout")) > DEFAULTS.grace_s

    def test_replicas_trust_nginx_and_are_reachable_from_it_only(self, services: dict[str, Any]) -> None:
        networks = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["networks"]
        (subnet,) = networks["inside"]["ipam"]["config"]
        assert services["likeness"]["environment"]["LIKENESS_TRUSTED_PROXIES"] == subnet["subnet"]
        assert networks["inside"]["internal"] is True
        assert services["likeness"]["networks"] == ["inside", "stores"]
        assert "ports" not in services["likeness"]

    def test_ports_are_published_on_the_loopback_by_default(self, services: dict[str, Any]) -> None:
        ports = [port for service in services.values() for port in service.get("ports", [])]
        assert ports
        assert all(port.startswith(("127.0.0.1:", "${PUBLISH:-127.0.0.1:")) for port in ports)

    def test_every_mounted_file_exists(self, services: dict[str, Any]) -> None:
        volumes = [volume for service in services.values() for volume in service.get("volumes", [])]
        sources = [volume["source"] for volume in volumes if volume["type"] == "bind"]
        assert sources
        assert [source for source in sources if not (DEPLOY / source).exists()] == []

    def test_nginx_finds_the_replicas_by_their_service_name(self, services: dict[str, Any]) -> None:
        assert set(re.findall(r"server (\w+):(\d+) resolve", NGINX)) == {("likeness", str(DEFAULTS.port))}
        assert "likeness" in services


class TestKubernetes:
    def test_every_file_is_used(self) -> None:
        kustomization = _read("kustomization.yaml")
        files = {path.name for path in KUBERNETES.glob("*.yaml")} - {"kustomization.yaml", "prometheus-adapter.yaml"}
        assert set(kustomization["resources"]) == files

    def test_the_pod_has_no_privileges(self, pod: dict[str, Any], container: dict[str, Any]) -> None:
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"] == {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "runAsGroup": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        assert "USER 10001:10001" in (DEPLOY.parent / "Dockerfile").read_text()
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }

    def test_settings_exist(self, container: dict[str, Any]) -> None:
        _are_settings([variable["name"] for variable in container["env"]])
        (keys,) = (variable for variable in container["env"] if variable["name"] == "LIKENESS_API_KEYS")
        assert "value" not in keys
        assert "secretKeyRef" in keys["valueFrom"]

    def test_probes_use_existing_paths(self, container: dict[str, Any]) -> None:
        paths = set(create_app(Settings(models="embedded", device="cpu")).openapi()["paths"])
        probes = {name: container[f"{name}Probe"]["httpGet"] for name in ("startup", "readiness", "liveness")}
        assert {probe["path"] for probe in probes.values()} <= paths
        assert probes["readiness"]["path"].endswith("/ready")
        assert probes["liveness"]["path"].endswith("/live")
        (port,) = container["ports"]
        assert {probe["port"] for probe in probes.values()} == {port["name"]}
        assert port["containerPort"] == DEFAULTS.port

    def test_a_pod_has_time_to_shut_down(self, pod: dict[str, Any], container: dict[str, Any]) -> None:
        values = {variable["name"]: variable.get("value") for variable in container["env"]}
        drain, grace = float(values["LIKENESS_DRAIN_S"]), float(values["LIKENESS_GRACE_S"])
        assert pod["terminationGracePeriodSeconds"] > drain + grace
        probe = container["readinessProbe"]
        assert drain >= probe["periodSeconds"] * probe["failureThreshold"]

    def test_selectors_find_the_pods(self, resources: dict[str, Any]) -> None:
        deployment = resources["Deployment"]["spec"]
        assert deployment["template"]["metadata"]["labels"] == LABELS
        assert deployment["selector"]["matchLabels"] == LABELS
        assert resources["Service"]["spec"]["selector"] == LABELS
        assert resources["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == LABELS
        assert resources["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == LABELS

    def test_it_scales_by_a_metric_that_the_service_has(self, resources: dict[str, Any]) -> None:
        (metric,) = resources["HorizontalPodAutoscaler"]["spec"]["metrics"]
        name = metric["pods"]["metric"]["name"]
        (rule,) = _read("prometheus-adapter.yaml")["rules"]["custom"]
        assert rule["name"]["as"] == name
        assert rule["seriesQuery"].startswith(name + "{")
        with serving(FakeModels()) as server:
            assert f"\n{name} " in server.client.get("/metrics").text
        target = resources["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
        assert target["name"] == resources["Deployment"]["metadata"]["name"]
        # It scales before photos are refused.
        assert 0 < int(metric["pods"]["target"]["averageValue"]) < DEFAULTS.queue_size

    def test_the_network_policy_restricts_both_directions(self, resources: dict[str, Any]) -> None:
        policy = resources["NetworkPolicy"]["spec"]
        assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
        assert all("from" in rule for rule in policy["ingress"])
        assert all("to" in rule for rule in policy["egress"])
        assert {port["port"] for rule in policy["egress"] for port in rule["ports"]} == {53, 6379}
        assert {port["port"] for rule in policy["ingress"] for port in rule["ports"]} == {DEFAULTS.port}


def _read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((KUBERNETES / name).read_text())
    return document


def directive(name: str, text: str = NGINX) -> str:
    match = re.search(rf"\b{name} ([^;]+);", text)
    assert match is not None, name
    return match[1]


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _field(variable: str) -> str:
    return variable.removeprefix("LIKENESS_").lower()


def replicas_of(service: dict[str, Any]) -> int:
    """How many there are where the operator sets nothing."""
    match = re.fullmatch(r"\$\{\w+:-(\d+)\}", service["deploy"]["replicas"])
    assert match is not None
    return int(match[1])


def _are_settings(variables: Any) -> None:
    """All variables but those of the object store, which the service passes on to its client."""
    of_likeness = [name for name in variables if not name.startswith("AWS_")]
    unknown = [name for name in of_likeness if _field(name) not in Settings.model_fields]
    assert unknown == []
