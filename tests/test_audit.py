"""`make audit`, CI's report of it, and the software bill of materials."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipeline.models.catalogue.registry import REGISTRY

ROOT = Path(__file__).parents[1]


def audit(tmp_path: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run `make audit` with this script in place of pip-audit."""
    tool = tmp_path / "bin" / "pip-audit"
    tool.parent.mkdir(exist_ok=True)
    tool.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    tool.chmod(0o755)
    (tmp_path / ".installed").touch()
    command = ["make", "--silent", "audit", f"TOOLS={tmp_path}"]
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # set by `make test`
    return subprocess.run(command, cwd=ROOT, env=outside, capture_output=True, text=True)


def test_findings_are_shown_and_fail(tmp_path: Path) -> None:
    done = audit(tmp_path, "echo Name; echo pillow; echo 'Found 1 known vulnerability' >&2; exit 1")
    assert sorted(done.stdout.splitlines()) == ["Found 1 known vulnerability", "Name", "pillow"]
    assert done.returncode != 0


def test_a_failed_audit_is_one_line_and_fails(tmp_path: Path) -> None:
    done = audit(
        tmp_path, "echo Traceback >&2; echo '  deep inside' >&2; echo 'ConnectionError: no way there' >&2; exit 1"
    )
    assert done.stdout.splitlines() == ["ConnectionError: no way there"]
    assert done.returncode != 0


def test_the_audit_is_strict_and_covers_both_locks(tmp_path: Path) -> None:
    asked = audit(tmp_path, 'echo "$*"').stdout
    assert "--strict" in asked
    assert "--requirement requirements.lock --requirement requirements-cuda.lock" in asked


@pytest.mark.parametrize(
    ("make", "said"),
    [
        ("echo 'No known vulnerabilities found'", "No known vulnerabilities found"),
        (
            "echo 'ConnectionError: no way there'; echo 'make: *** [audit] Error 1' >&2; exit 2",
            "ConnectionError: no way there",
        ),
        ("exit 124", "no answer"),
    ],
)
def test_ci_reports_an_audit_in_one_line_and_goes_on(make: str, said: str, tmp_path: Path) -> None:
    line = re.search(r"^said=.*\n.*$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert line
    (tmp_path / "make").write_text(f"#!/bin/sh\n{make}\n", encoding="utf-8")
    (tmp_path / "make").chmod(0o755)
    environment = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    command = ["bash", "-euo", "pipefail", "-c", line[0]]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 1
    assert said in done.stdout


@pytest.fixture(scope="module")
def sbom() -> Any:
    spec = importlib.util.spec_from_file_location("sbom", ROOT / ".ci" / "sbom.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


DOCUMENT = {
    "metadata": {"component": {"bom-ref": "root"}},
    "components": [{"name": name, "bom-ref": f"{name}==1"} for name in ("Pillow", "fastapi_offline", "pytest")],
    "dependencies": [
        {"ref": "root", "dependsOn": ["Pillow==1", "fastapi_offline==1", "pytest==1"]},
        {"ref": "Pillow==1"},
        {"ref": "pytest==1", "dependsOn": ["Pillow==1"]},
    ],
}


def test_the_bill_has_the_run_time_packages_and_the_models(sbom: Any) -> None:
    lock = "fastapi-offline==1 ; marker \\\n    --hash=sha256:00\npillow==1 \\\n    --hash=sha256:00\n"
    bill = sbom.completed(DOCUMENT, sbom.names_in(lock))
    models = {part["name"]: part for part in bill["components"] if part.get("type") == "machine-learning-model"}
    packages = [part["name"] for part in bill["components"] if "type" not in part]
    assert packages == ["Pillow", "fastapi_offline"]
    for row in REGISTRY:
        if row.origin == "embedded":
            assert models[row.file]["hashes"] == [{"alg": "SHA-256", "content": row.sha256}]
            assert models[row.file]["licenses"] == [{"license": {"id": row.licence}}]
    shipped = (ROOT / "pipeline" / "models" / "embedded").iterdir()
    assert {path.name for path in shipped} == set(models)
    refs = [part["bom-ref"] for part in bill["components"]]
    tree = {node["ref"]: node["dependsOn"] for node in bill["dependencies"]}
    assert tree == {"root": refs, "Pillow==1": []}
