"""`make audit`, CI's report of it, and the software bill of materials."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.models.catalogue.registry import REGISTRY

ROOT = Path(__file__).parents[1]
WEB_PACKAGES = "web/node_modules/.package-lock.json"


SIGNED = "echo 'audited 9 packages in 1s'; echo; echo '9 packages have verified registry signatures'"
UNREACHABLE = "npm error network request to https://keys.example.org/root.json failed, reason: getaddrinfo ENOTFOUND"


def audit(tmp_path: Path, script: str, npm: str = SIGNED, node: str = "exit 0") -> subprocess.CompletedProcess[str]:
    """Run `make audit` in a tree of its own, with these scripts in place of pip-audit, npm and node."""
    for folder in ("bin", "tools/bin", "web/node_modules"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("requirements-tools.lock", "tools/.installed", "web/package-lock.json", WEB_PACKAGES):
        (tmp_path / name).touch()
    for name, text in {"tools/bin/pip-audit": script, "bin/npm": npm, "bin/node": node}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # set by `make test`
    environment = outside | {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    command = ["make", "--silent", "audit", "TOOLS=tools"]
    return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)


def test_findings_are_shown_and_fail(tmp_path: Path) -> None:
    done = audit(tmp_path, "echo Name; echo pillow; echo 'Found 1 known vulnerability' >&2; exit 1")
    assert sorted(done.stdout.splitlines()[1:]) == ["Found 1 known vulnerability", "Name", "pillow"]
    assert done.returncode != 0


def test_a_failed_audit_is_one_line_and_fails(tmp_path: Path) -> None:
    done = audit(
        tmp_path, "echo Traceback >&2; echo '  deep inside' >&2; echo 'ConnectionError: no way there' >&2; exit 1"
    )
    assert done.stdout.splitlines()[1:] == ["ConnectionError: no way there"]
    assert done.returncode != 0


def test_the_audit_is_strict_and_covers_both_locks(tmp_path: Path) -> None:
    asked = audit(tmp_path, 'echo "$*"').stdout
    assert "--strict" in asked
    assert "--requirement requirements.lock --requirement requirements-cuda.lock" in asked


def test_npm_packages_with_good_signatures_are_counted(tmp_path: Path) -> None:
    done = audit(tmp_path, "echo fine")
    assert done.stdout.splitlines() == ["9 packages have verified registry signatures", "fine"]
    assert done.returncode == 0


@pytest.mark.parametrize(
    "wrong", ["an invalid registry signature", "a missing registry signature", "an invalid attestation"]
)
def test_an_npm_package_with_a_bad_signature_fails(tmp_path: Path, wrong: str) -> None:
    done = audit(
        tmp_path, "echo fine", npm=f"echo '1 package has {wrong}:'; echo; echo 'react@19.0.0 (registry)'; exit 1"
    )
    assert done.stdout.splitlines() == [f"1 package has {wrong}:", "react@19.0.0 (registry)", "fine"]
    assert done.returncode != 0


@pytest.mark.parametrize(
    ("npm", "why"),
    [
        (
            f"echo 'npm error code ENOTFOUND' >&2; echo '{UNREACHABLE}' >&2; exit 1",
            "request to https://keys.example.org",
        ),
        ("echo 'npm error found no dependencies to audit' >&2; exit 1", "found no dependencies to audit"),
        ("exit 124", "no answer within 60 s"),
    ],
)
def test_signatures_that_cannot_be_checked_are_reported_and_do_not_fail(tmp_path: Path, npm: str, why: str) -> None:
    done = audit(tmp_path, "echo fine", npm=npm)
    said, fine = done.stdout.splitlines()
    assert said.startswith("the signatures of npm's packages were not checked: ")
    assert why in said
    assert (fine, done.returncode) == ("fine", 0)


def test_without_node_the_signatures_are_not_checked(tmp_path: Path) -> None:
    done = audit(tmp_path, "echo fine", node="exit 1")
    said = "Node 20.9 or later is missing: the signatures of npm's packages were not checked"
    assert (done.stdout.splitlines(), done.returncode) == ([said, "fine"], 0)


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


WEB_LOCK: dict[str, Any] = {
    "packages": {
        "": {"name": "app", "version": "1.0.0", "license": "Apache-2.0", "dependencies": {"@a/b": "1", "c": "1"}},
        "node_modules/@a/b": {
            "version": "1.2.3",
            "license": "MIT",
            "integrity": "sha512-/w==",
            "dependencies": {"c": "2"},
            "optionalDependencies": {"binary": "1"},
            "peerDependencies": {"peer": "1", "tool": "1"},
            "peerDependenciesMeta": {"tool": {"optional": True}},
        },
        "node_modules/@a/b/node_modules/c": {"version": "2.0.0", "license": "MIT OR ISC", "integrity": "sha512-AA=="},
        "node_modules/c": {"version": "1.0.0", "license": "ISC", "integrity": "sha512-AQ=="},
        "node_modules/peer": {"version": "3.0.0", "license": "MIT", "integrity": "sha512-Ag==", "dev": True},
        "node_modules/tool": {"version": "4.0.0", "license": "MIT", "integrity": "sha512-Aw==", "dev": True},
        "node_modules/binary": {"version": "5.0.0", "license": "MIT", "integrity": "sha512-BA==", "optional": True},
    }
}


def test_the_bill_has_the_packages_that_the_pages_are_built_from(sbom: Any) -> None:
    bill = sbom.completed(DOCUMENT, set(), WEB_LOCK)
    parts = {part["bom-ref"]: part for part in bill["components"] if part["bom-ref"].startswith("npm:")}
    refs = ["npm:app@1.0.0", "npm:@a/b@1.2.3", "npm:c@2.0.0", "npm:c@1.0.0", "npm:peer@3.0.0"]
    assert list(parts) == refs
    assert parts["npm:@a/b@1.2.3"] == {
        "type": "library",
        "bom-ref": "npm:@a/b@1.2.3",
        "name": "@a/b",
        "version": "1.2.3",
        "purl": "pkg:npm/%40a/b@1.2.3",
        "licenses": [{"license": {"id": "MIT"}}],
        "hashes": [{"alg": "SHA-512", "content": "ff"}],
    }
    assert parts["npm:c@2.0.0"]["licenses"] == [{"expression": "MIT OR ISC"}]
    tree = {node["ref"]: node["dependsOn"] for node in bill["dependencies"]}
    assert refs[0] in tree["root"]
    assert [tree[ref] for ref in refs[:2]] == [["npm:@a/b@1.2.3", "npm:c@1.0.0"], ["npm:c@2.0.0", "npm:peer@3.0.0"]]


def test_a_package_that_the_lock_file_lacks_is_an_error(sbom: Any) -> None:
    lock = {"packages": {"": {**WEB_LOCK["packages"][""], "dependencies": {"gone": "1"}}}}
    with pytest.raises(KeyError, match="the browser app needs gone"):
        sbom.completed(DOCUMENT, set(), lock)


def test_the_real_bill_has_what_the_pages_are_made_of() -> None:
    command = [sys.executable, ".ci/sbom.py", "requirements.lock", "requirements-cuda.lock", "web/package-lock.json"]
    environment = os.environ | {"PYTHONPATH": "."}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, input=json.dumps(DOCUMENT), capture_output=True, text=True, check=True
    )
    listed = {part["name"] for part in json.loads(done.stdout)["components"]}
    assert listed > {"Pillow", "fastapi_offline"}
    package = json.loads((ROOT / "web" / "package.json").read_text(encoding="utf-8"))
    assert listed > package["dependencies"].keys()
    assert not listed & package["devDependencies"].keys()


def test_the_bill_has_the_run_time_packages_and_the_models(sbom: Any) -> None:
    lock = "fastapi-offline[extra]==1 ; marker \\\n    --hash=sha256:00\npillow==1 \\\n    --hash=sha256:00\n"
    bill = sbom.completed(DOCUMENT, sbom.names_in(lock), WEB_LOCK)
    models = {part["name"]: part for part in bill["components"] if part.get("type") == "machine-learning-model"}
    packages = [part["name"] for part in bill["components"] if "type" not in part]
    assert packages == ["Pillow", "fastapi_offline"]
    for row in REGISTRY:
        if row.origin == "embedded":
            assert models[row.file]["hashes"] == [{"alg": "SHA-256", "content": row.sha256}]
            assert models[row.file]["licenses"] == [{"license": {"id": row.licence}}]
    shipped = (ROOT / "pipeline" / "models" / "embedded").iterdir()
    assert {path.name for path in shipped} == set(models)
    refs = [part["bom-ref"] for part in bill["components"] if not part.get("purl")]
    tree = {node["ref"]: node["dependsOn"] for node in bill["dependencies"] if not node["ref"].startswith("npm:")}
    assert tree == {"root": refs, "Pillow==1": []}
