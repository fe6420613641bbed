"""What is installed is what was looked at: locks, the Dockerfile's steps, the audit and the bill of materials."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from app.version import VERSION
from pipeline.models.catalogue.registry import REGISTRY

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
CUDA = re.compile(r"nvidia-|cuda-|triton$")


def pins(name: str) -> dict[str, list[str]]:
    """Each requirement of a lock file, with its marker → its hashes."""
    found: dict[str, list[str]] = {}
    for entry in re.split(r"\n(?! )", (ROOT / name).read_text(encoding="utf-8").strip()):
        requirement, *hashes = re.split(r" \\\n\s+--hash=", entry)
        assert requirement not in found
        found[requirement] = hashes
    return found


def names(requirements: Any) -> set[str]:
    return {requirement.partition("==")[0] for requirement in requirements}


def test_the_lock_pins_what_the_requirements_pin() -> None:
    assert list(pins("requirements.lock")) == (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", sorted(path.name for path in ROOT.glob("requirements*.lock")))
def test_every_pin_has_its_hashes(name: str) -> None:
    locked = pins(name)
    assert locked
    for requirement, hashes in locked.items():
        assert re.match(r"[a-z0-9-]+==[^ ]+( ; .+)?$", requirement)
        assert hashes
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in hashes)


def test_cuda_has_a_lock_of_its_own() -> None:
    common, cuda = names(pins("requirements.lock")), names(pins("requirements-cuda.lock"))
    assert all(CUDA.match(name) for name in cuda)
    assert not any(CUDA.match(name) for name in common)


def test_torch_for_the_cpu_is_the_same_version() -> None:
    lock = ROOT / "requirements-cpu.lock"
    if not lock.exists():
        pytest.skip("there is no requirements-cpu.lock: make lock-cpu has not been run")
    wanted = {pin.split(" ")[0] for pin in pins("requirements.lock") if re.match(r"torch(vision)?==", pin)}
    assert {pin.split(" ")[0].partition("+")[0] for pin in pins(lock.name)} == wanted


def installing(tmp_path: Path, device: str, *, cpu_lock: bool = False) -> subprocess.CompletedProcess[str]:
    """The Dockerfile's own step with a pip that only says what it is asked for: one line for each call."""
    step = re.search(r"^RUN (set -eu;(?:.*\\\n)*.*)$", DOCKERFILE, flags=re.MULTILINE)
    assert step
    pip = tmp_path / "bin" / "pip"
    pip.parent.mkdir()
    pip.write_text('#!/bin/sh\necho "$*"\n', encoding="utf-8")
    pip.chmod(0o755)
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    if cpu_lock:
        (tmp_path / "requirements-cpu.lock").touch()
    environment = {"PATH": f"{pip.parent}{os.pathsep}{os.environ['PATH']}", "DEVICE": device}
    environment |= {"TORCH_CPU_INDEX": "https://cpu", "PYPI_INDEX": "https://pypi"}
    return subprocess.run(["sh", "-c", step[1]], cwd=tmp_path, env=environment, capture_output=True, text=True)


INSTALL = "--python /opt/venv/bin/python install --only-binary :all:"
LAST = f"{INSTALL} --require-hashes --requirement requirements.lock"


def test_the_cuda_image_holds_everything_to_its_hash(tmp_path: Path) -> None:
    done = installing(tmp_path, "cuda")
    assert done.stdout.splitlines() == [f"{LAST} --requirement requirements-cuda.lock --index-url https://pypi"]


def test_the_cpu_image_takes_only_torch_from_elsewhere(tmp_path: Path) -> None:
    done = installing(tmp_path, "cpu")
    first = f"{INSTALL} --no-deps --requirement torch.txt --index-url https://cpu"
    assert done.stdout.splitlines() == [first, f"{LAST} --index-url https://pypi"]
    asked = (tmp_path / "torch.txt").read_text(encoding="utf-8").splitlines()
    wanted = [pin for pin in pins("requirements.lock") if re.match(r"torch(vision)?==", pin)]
    assert [pin.rstrip() for pin in asked] == wanted


def test_the_cpu_image_uses_the_hashes_of_torch_where_they_are_known(tmp_path: Path) -> None:
    done = installing(tmp_path, "cpu", cpu_lock=True)
    first = f"{INSTALL} --require-hashes --no-deps --requirement requirements-cpu.lock --index-url https://cpu"
    assert done.stdout.splitlines() == [first, f"{LAST} --index-url https://pypi"]


def test_an_image_for_something_else_is_not_made(tmp_path: Path) -> None:
    done = installing(tmp_path, "tpu")
    assert (done.returncode, done.stdout) == (1, "")


def test_an_installation_that_fails_makes_no_image(tmp_path: Path) -> None:
    (tmp_path / "torch.txt").mkdir()
    assert installing(tmp_path, "cpu").returncode != 0


def test_nothing_else_installs_python_packages() -> None:
    assert len(re.findall(r"\bpip3?\b.* install|easy_install|ensurepip", DOCKERFILE)) == 1


def test_the_image_has_only_what_is_named() -> None:
    copied = [
        source for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE) for source in line.split()
    ]
    context = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert context[0] == "*"
    allowed = {line[1:] for line in context if line.startswith("!")}
    assert {*copied} > {"web/package.json", "web/package-lock.json"}  # first, as they change less often than the rest
    copied = [name for name in copied if not name.startswith("web/")]
    locks = {"requirements.lock", "requirements-cuda.lock", "requirements-cpu.lock"}
    assert {*copied} - {"requirements*.lock"} == allowed - locks
    assert locks <= allowed
    assert all((ROOT / name).exists() for name in allowed - {"requirements-cpu.lock"})


def test_the_browser_app_is_built_in_the_image() -> None:
    ignored = set((ROOT / ".gitignore").read_text(encoding="utf-8").split())
    context = set((ROOT / ".dockerignore").read_text(encoding="utf-8").split())
    made = {name.rstrip("/") for name in ignored if name.startswith("web/")}
    assert made >= {"web/node_modules", "web/.next", "web/out"}
    assert made <= context
    stages = DOCKERFILE.split("\nFROM ")
    (built,) = [stage for stage in stages if stage.startswith("${NODE} AS web")]
    assert re.findall(r"^RUN (npm \w+(?: \w+)?)", built, flags=re.MULTILINE) == ["npm ci", "npm run build"]
    assert "npm ci --ignore-scripts " in built
    assert "COPY --from=web /web/out /srv/likeness/web/out\n" in stages[-1]
    assert len(re.findall(r"\bnpm\b", DOCKERFILE)) == 2


def test_every_package_of_the_browser_app_is_held_to_its_hash() -> None:
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text(encoding="utf-8"))
    # Except the app itself, and what comes inside of another package.
    packages = {name: package for name, package in lock["packages"].items() if name and not package.get("inBundle")}
    assert packages
    for name, package in packages.items():
        assert package["integrity"].startswith("sha512-"), name
        assert package.get("resolved", "https://registry.npmjs.org/").startswith("https://registry.npmjs.org/"), name


def test_the_image_runs_without_rights_and_says_what_it_is() -> None:
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (.+)$", last, flags=re.MULTILINE) == ["10001:10001"]
    assert re.search(r"^USER", last, flags=re.MULTILINE).start() > last.rindex("\nRUN ")  # type: ignore[union-attr]
    assert f'org.opencontainers.image.version="{VERSION}"' in last


def audit(tmp_path: Path, script: str) -> subprocess.CompletedProcess[str]:
    """`make audit` with another pip-audit."""
    tool = tmp_path / "bin" / "pip-audit"
    tool.parent.mkdir(exist_ok=True)
    tool.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    tool.chmod(0o755)
    (tmp_path / ".installed").touch()
    command = ["make", "--silent", "audit", f"TOOLS={tmp_path}"]
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # of `make test`
    return subprocess.run(command, cwd=ROOT, env=outside, capture_output=True, text=True)


def test_an_audit_that_finds_something_shows_all_of_it(tmp_path: Path) -> None:
    done = audit(tmp_path, "echo Name; echo pillow; echo 'Found 1 known vulnerability' >&2; exit 1")
    assert sorted(done.stdout.splitlines()) == ["Found 1 known vulnerability", "Name", "pillow"]
    assert done.returncode != 0


def test_an_audit_that_cannot_be_made_is_one_line_and_no_success(tmp_path: Path) -> None:
    done = audit(
        tmp_path, "echo Traceback >&2; echo '  deep inside' >&2; echo 'ConnectionError: no way there' >&2; exit 1"
    )
    assert done.stdout.splitlines() == ["ConnectionError: no way there"]
    assert done.returncode != 0


def test_a_package_that_nobody_knows_of_is_not_passed_over(tmp_path: Path) -> None:
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


def test_the_bill_has_what_runs_and_the_models(sbom: Any) -> None:
    lock = "fastapi-offline==1 ; marker \\\n    --hash=sha256:00\npillow==1 \\\n    --hash=sha256:00\n"
    bill = sbom.completed(DOCUMENT, sbom.names_in(lock))
    models = {part["name"]: part for part in bill["components"] if part.get("type") == "machine-learning-model"}
    assert names(part["bom-ref"] for part in bill["components"] if "type" not in part) == {"Pillow", "fastapi_offline"}
    for row in REGISTRY:
        if row.origin == "embedded":
            assert models[row.file]["hashes"] == [{"alg": "SHA-256", "content": row.sha256}]
            assert models[row.file]["licenses"] == [{"license": {"id": row.licence}}]
    shipped = (ROOT / "pipeline" / "models" / "embedded").iterdir()
    assert {path.name for path in shipped} == set(models)
    refs = [part["bom-ref"] for part in bill["components"]]
    tree = {node["ref"]: node["dependsOn"] for node in bill["dependencies"]}
    assert tree == {"root": refs, "Pillow==1": []}
