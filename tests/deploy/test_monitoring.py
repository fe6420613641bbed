"""The dashboard and the alerts use metrics that a server really has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobs.census import Census
from jobs.engine.engine import EngineState, WorkerState
from pipeline.errors import DeviceFailed, DeviceOutOfMemory, StageFailed
from tests.app import samples
from tests.app.exposition import Metrics, counted
from tests.app.fakes import FakeModels
from tests.app.http.job_clients import done, keeping
from tests.app.server import ENHANCE
from tests.markdown import section_of

ROOT = Path(__file__).parents[2]
DASHBOARD = json.loads((ROOT / "deploy/grafana/dashboard.json").read_text(encoding="utf-8"))
RULES = [
    rule
    for group in yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
METRIC = re.compile(r"\b((?:likeness|process)_[a-z_]+)(?:\{([^}]*)\})?")
FROM_PROMETHEUS = {"instance", "job"}  # labels that Prometheus adds


PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


@pytest.fixture(scope="module")
def metrics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Metrics]:
    """A server's metrics after one photo and one job, and with a broker."""
    with keeping(tmp_path_factory.mktemp("jobs"), FakeModels()) as server:
        server.enhance(samples.no_face())
        done(server)
        counted(server, "likeness_job_ends_total", kind="enhance")
        observer = server.app.state.jobs.store.observer
        workers = [WorkerState("worker", ("faces",), None, 0.0)]
        observer.counted(Census({"queued": 0}, {}, EngineState({"faces": 0}, workers), 0.0))
        yield counted(server, "likeness_requests_total", route=ENHANCE)


def queries() -> list[str]:
    return [target["expr"] for panel in PANELS for target in panel["targets"]] + [rule["expr"] for rule in RULES]


@pytest.mark.parametrize("query", queries())
def test_every_metric_and_label_of_a_query_exists(metrics: Metrics, query: str) -> None:
    if "up{" in query:
        return
    queried = METRIC.findall(query)
    assert queried
    for name, selectors in queried:
        found = [sample.labels for sample in metrics.samples if sample.name == name]
        assert found, name
        for label in re.findall(r"(\w+)\s*[=!]~?", selectors):
            assert label in found[0] or label in FROM_PROMETHEUS, f"{name} has no {label}"
        grouped = re.search(r"by \(([^)]*)\)", query)
        for label in re.split(r",\s*", grouped[1]) if grouped else ():
            assert label in found[0] or label in FROM_PROMETHEUS, f"{name} has no {label}"


@pytest.mark.parametrize("label", ["overloaded", "deadline_exceeded"])
def test_codes_that_alerts_count_exist_from_the_start(metrics: Metrics, label: str) -> None:
    assert any(f'code="{label}"' in rule["expr"] for rule in RULES)
    assert label in metrics.labels("likeness_refusals_total", "code")


def test_alerts_say_what_is_wrong() -> None:
    assert {rule["alert"] for rule in RULES} >= {
        "LikenessReplicaDown",
        "LikenessNotReady",
        "LikenessQueueFull",
        "LikenessErrors",
        "LikenessOutOfMemory",
        "LikenessDeadlines",
        "LikenessEventLoopLag",
        "LikenessJobsWait",
        "LikenessNoWorkers",
        "LikenessLeasesLost",
        "LikenessStoreErrors",
    }
    for rule in RULES:
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert rule["annotations"]["summary"].endswith(".")


def test_the_dashboard_works_with_any_data_source() -> None:
    variables: list[dict[str, Any]] = DASHBOARD["templating"]["list"]
    assert any(variable["type"] == "datasource" and variable["name"] == "datasource" for variable in variables)
    for panel in PANELS:
        assert panel["datasource"]["uid"] == "${datasource}"
        assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)


def test_every_metric_is_documented(metrics: Metrics) -> None:
    documented = section_of("docs/operations.md", "What an operator sees")
    ends = re.compile(r"_(bucket|count|sum|created)$")
    found = {ends.sub("", sample.name) for sample in metrics.samples if sample.name.startswith("likeness_")}
    counters = {name for name in found if f"{name}_total" in found}  # their _created samples lack the suffix _total
    assert {name for name in found - counters if f"`{name}" not in documented} == set()


def test_alerts_about_jobs_fire_only_where_there_are_jobs() -> None:
    """A server without jobs has none of their metrics, and `absent` of one would be true there."""
    of_jobs = [rule["expr"] for rule in RULES if "likeness_job" in rule["expr"] or "likeness_sw" in rule["expr"]]
    assert len(of_jobs) >= 5
    assert [expr for expr in of_jobs if "absent" in expr] == []


def test_codes_of_the_alert_about_failed_jobs_exist() -> None:
    (expr,) = (rule["expr"] for rule in RULES if rule["alert"] == "LikenessJobsFail")
    named = re.search(r'code=~"([^"]*)"', expr)
    assert named is not None
    known = {StageFailed.code, DeviceOutOfMemory.code, DeviceFailed.code, "internal_error", "attempts_exhausted"}
    assert set(named[1].split("|")) == known
