"""The files for jobs in Kubernetes and on Railway agree with the service and with each other."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from app.__main__ import main
from app.application import create_app
from app.settings import Settings
from jobs.broker.queues import QUEUE_OF
from tests.deploy.test_files import DEFAULTS, DEPLOY

FOLDER = DEPLOY / "kubernetes-jobs"
LABELS = {"app.kubernetes.io/name": "likeness-worker"}


def read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text())
    return document


@pytest.fixture(scope="module")
def pod() -> dict[str, Any]:
    found: dict[str, Any] = read("worker.yaml")["spec"]["template"]["spec"]
    return found


@pytest.fixture(scope="module")
def container(pod: dict[str, Any]) -> dict[str, Any]:
    (found,) = pod["containers"]
    assert isinstance(found, dict)
    return found


def test_every_file_is_used() -> None:
    kustomization = read("kustomization.yaml")
    patches = [patch["path"] for patch in kustomization["patches"]]
    named = {*kustomization["resources"], *patches} - {"../kubernetes"}
    assert named == {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    base = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text())
    assert (kustomization["namespace"], kustomization["images"]) == (base["namespace"], base["images"])


def test_replicas_and_workers_have_the_same_places(container: dict[str, Any]) -> None:
    (patched,) = read("replicas.yaml")["spec"]["template"]["spec"]["containers"]
    base = yaml.safe_load((DEPLOY / "kubernetes" / "deployment.yaml").read_text())
    (replica,) = base["spec"]["template"]["spec"]["containers"]
    assert (patched["name"], read("replicas.yaml")["metadata"]["name"]) == (replica["name"], base["metadata"]["name"])
    assert patched["envFrom"] == container["envFrom"] == [{"secretRef": {"name": "likeness-jobs"}}]


def test_the_worker_has_no_privileges(pod: dict[str, Any], container: dict[str, Any]) -> None:
    base = yaml.safe_load((DEPLOY / "kubernetes" / "deployment.yaml").read_text())["spec"]["template"]["spec"]
    assert pod["securityContext"] == base["securityContext"]
    assert container["securityContext"] == base["containers"][0]["securityContext"]
    assert pod["automountServiceAccountToken"] is False


def test_workers_do_not_share_their_cores(container: dict[str, Any]) -> None:
    resources = container["resources"]
    assert resources["requests"]["cpu"] == resources["limits"]["cpu"]  # as many as it has threads


def test_the_worker_is_the_command_that_there_is(container: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert container["args"][:3] == ["python", "-m", "app"]
    with pytest.raises(SystemExit) as ended:
        main([*container["args"][3:], "--help"])
    assert ended.value.code == 0
    assert "python -m app worker" in capsys.readouterr().out


def test_probes_ask_the_workers_own_port(pod: dict[str, Any], container: dict[str, Any]) -> None:
    values = {variable["name"]: variable["value"] for variable in container["env"]}
    assert [name for name in values if name.removeprefix("LIKENESS_").lower() not in Settings.model_fields] == []
    (port,) = container["ports"]
    assert str(port["containerPort"]) == values["LIKENESS_WORKER_PORT"]
    for name in ("startup", "readiness", "liveness"):
        assert container[f"{name}Probe"]["httpGet"] == {"path": "/healthz", "port": port["name"]}
    alive = container["livenessProbe"]
    assert alive["periodSeconds"] * alive["failureThreshold"] >= 600  # it outlasts an outage of the broker
    assert pod["terminationGracePeriodSeconds"] > float(values["LIKENESS_GRACE_S"])
    annotations = read("worker.yaml")["spec"]["template"]["metadata"]["annotations"]
    assert annotations["prometheus.io/port"] == values["LIKENESS_WORKER_PORT"]


def test_it_scales_by_the_queues_that_jobs_go_to() -> None:
    scaled = read("scaledobject.yaml")["spec"]
    assert scaled["scaleTargetRef"]["name"] == read("worker.yaml")["metadata"]["name"]
    assert {trigger["metadata"]["listName"] for trigger in scaled["triggers"]} == set(QUEUE_OF.values())
    assert {trigger["type"] for trigger in scaled["triggers"]} == {"redis"}
    assert 0 <= scaled["minReplicaCount"] < scaled["maxReplicaCount"]
    # Every value of a trigger's metadata is a text, else KEDA refuses it.
    assert all(isinstance(value, str) for trigger in scaled["triggers"] for value in trigger["metadata"].values())


def test_selectors_find_the_pods() -> None:
    deployment = read("worker.yaml")["spec"]
    assert deployment["template"]["metadata"]["labels"] == deployment["selector"]["matchLabels"] == LABELS
    assert read("pdb.yaml")["spec"]["selector"]["matchLabels"] == LABELS
    (selected,) = read("networkpolicy.yaml")["spec"]["podSelector"]["matchExpressions"]
    assert selected["values"] == ["likeness", "likeness-worker"]


def test_the_network_policy_restricts_both_directions() -> None:
    policy = read("networkpolicy.yaml")["spec"]
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    assert all(rule["from"] for rule in policy["ingress"])
    assert all(rule["to"] for rule in policy["egress"])
    assert {port["port"] for rule in policy["egress"] for port in rule["ports"]} == {53, 6379, 5432, 8333}


def test_railway_starts_what_there_is_and_asks_for_its_health() -> None:
    found = json.loads((DEPLOY.parent / "railway.json").read_text())
    assert (DEPLOY.parent / found["build"]["dockerfilePath"]).exists()
    deploy = found["deploy"]
    assert deploy["healthcheckPath"] in create_app(Settings(models="embedded", device="cpu")).openapi()["paths"]
    assert "python -m app serve --host 0.0.0.0 --port $PORT" in deploy["startCommand"]
    assert deploy["startCommand"].startswith('/bin/sh -c "exec ')  # no shell is there otherwise to know $PORT
    assert deploy["drainingSeconds"] > DEFAULTS.drain_s + DEFAULTS.grace_s
    assert all(isinstance(deploy[name], int) for name in ("drainingSeconds", "healthcheckTimeout"))
