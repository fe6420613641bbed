"""Only pinned packages are installed: the lock files, and the steps of the Dockerfile."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from app.version import VERSION

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
(CHECKED,) = re.findall(r"^CHECKED := (.+)", MAKEFILE, flags=re.MULTILINE)
LOCKED = re.findall(r"^LOCKED := (.+)", MAKEFILE, flags=re.MULTILINE)[0].replace("$(CHECKED)", CHECKED)
CUDA = re.compile(r"nvidia-|cuda-|triton$")


def pins(name: str) -> dict[str, list[str]]:
    """The hashes of each requirement of a lock file; a requirement includes its marker."""
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


LOCKS = sorted(str(path.relative_to(ROOT)) for path in (*ROOT.glob("*.lock"), *ROOT.glob("training/*.lock")))


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_its_hashes(name: str) -> None:
    locked = pins(name)
    assert locked
    for requirement, hashes in locked.items():
        assert re.match(r"[a-z0-9-]+(\[.+\])?==[^ ]+( ; .+)?$", requirement)
        assert hashes
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in hashes)


def test_cuda_has_a_lock_of_its_own() -> None:
    common, cuda = names(pins("requirements.lock")), names(pins("requirements-cuda.lock"))
    assert all(CUDA.match(name) for name in cuda)
    assert not any(CUDA.match(name) for name in common)


def test_the_development_adds_to_what_runs() -> None:
    development = pins("requirements-dev.lock")
    assert not development.keys() & pins("requirements.lock").keys()
    wanted = re.search(r"^dev = \[(.+?)^\]", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M | re.S)
    assert wanted
    assert set(re.findall(r'"([a-z-]+)', wanted[1])) <= names(development)


@pytest.mark.parametrize("name", ["requirements-parity", "training/requirements"])
def test_what_is_pinned_by_hand_is_locked_in_the_same_versions(name: str) -> None:
    lines = (ROOT / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    by_hand = {line.replace("_", "-") for line in lines if not line.startswith("#")}
    assert pins(f"{name}.lock").keys() == by_hand


def test_make_installs_only_what_has_a_hash() -> None:
    commands = re.findall(r"-m pip (?:install|download) (.+)", MAKEFILE)
    assert len(commands) == 6
    for options in commands:
        assert "--require-hashes" in options.replace("$(LOCKED)", LOCKED).replace("$(CHECKED)", CHECKED)
    # Built from its source, without build tools from elsewhere; all others are wheels.
    (built,) = [options for options in commands if "--only-binary :all:" not in options]
    assert "--no-deps --no-build-isolation" in built


def test_torch_for_the_cpu_is_the_same_version() -> None:
    lock = ROOT / "requirements-cpu.lock"
    if not lock.exists():
        pytest.skip("there is no requirements-cpu.lock: make lock-cpu has not been run")
    wanted = {pin.split(" ")[0] for pin in pins("requirements.lock") if re.match(r"torch(vision)?==", pin)}
    assert {pin.split(" ")[0].partition("+")[0] for pin in pins(lock.name)} == wanted


def installing(tmp_path: Path, device: str, *, cpu_lock: bool = False) -> subprocess.CompletedProcess[str]:
    """Run the Dockerfile's installing step with a pip that only prints its arguments: one line per call."""
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


def test_the_cuda_image_checks_all_hashes(tmp_path: Path) -> None:
    done = installing(tmp_path, "cuda")
    assert done.stdout.splitlines() == [f"{LAST} --requirement requirements-cuda.lock --index-url https://pypi"]


def test_the_cpu_image_takes_only_torch_from_another_index(tmp_path: Path) -> None:
    done = installing(tmp_path, "cpu")
    first = f"{INSTALL} --no-deps --requirement torch.txt --index-url https://cpu"
    assert done.stdout.splitlines() == [first, f"{LAST} --index-url https://pypi"]
    asked = (tmp_path / "torch.txt").read_text(encoding="utf-8").splitlines()
    wanted = [pin for pin in pins("requirements.lock") if re.match(r"torch(vision)?==", pin)]
    assert [pin.rstrip() for pin in asked] == wanted


def test_the_cpu_image_checks_the_hashes_of_torch_if_they_are_locked(tmp_path: Path) -> None:
    done = installing(tmp_path, "cpu", cpu_lock=True)
    first = f"{INSTALL} --require-hashes --no-deps --requirement requirements-cpu.lock --index-url https://cpu"
    assert done.stdout.splitlines() == [first, f"{LAST} --index-url https://pypi"]


def test_an_unknown_device_fails_the_build(tmp_path: Path) -> None:
    done = installing(tmp_path, "tpu")
    assert (done.returncode, done.stdout) == (1, "")


def test_a_failed_installation_fails_the_build(tmp_path: Path) -> None:
    (tmp_path / "torch.txt").mkdir()
    assert installing(tmp_path, "cpu").returncode != 0


OWN = "likeness"  # built from this repository


TWO_NUMBERS = ("postgres", "chrislusf/seaweedfs")  # their whole versions


def images() -> list[str]:
    """The images that the Dockerfile, Compose and Kubernetes name, but ours."""
    deploy = ROOT / "deploy"
    files = [deploy / "compose.yaml", *deploy.glob("kubernetes*/*.yaml")]
    deployed = [name for file in files for name in re.findall(r"^\s+image: (\S+)", file.read_text("utf-8"), re.M)]
    return [
        *re.findall(r"^ARG (?:BASE|NODE)=(.+)$", DOCKERFILE, flags=re.MULTILINE),
        *(name for name in deployed if name.partition(":")[0] != OWN),
    ]


@pytest.mark.parametrize("image", images())
def test_an_image_is_named_by_its_whole_version(image: str) -> None:
    version = r"\d+\.\d+" if image.partition(":")[0] in TWO_NUMBERS else r"v?\d+\.\d+\.\d+"
    assert re.fullmatch(rf"[a-z0-9./-]+:{version}(-[a-z0-9.-]+)?(@sha256:[0-9a-f]{{64}})?", image)


def test_no_other_image_is_used() -> None:
    stages = re.findall(r"^FROM (\S+)", DOCKERFILE, flags=re.MULTILINE)
    assert set(stages) == {"${BASE}", "${NODE}"}
    assert len(images()) == 8


def test_renovate_pins_digests_and_looks_at_every_kind_of_pin() -> None:
    renovate = json.loads((ROOT / "renovate.json").read_text(encoding="utf-8"))
    assert "docker:pinDigests" in renovate["extends"]
    assert {*renovate["enabledManagers"]} == {"dockerfile", "docker-compose", "npm", "pip_requirements"}
    (task,) = [rule["postUpgradeTasks"] for rule in renovate["packageRules"] if "postUpgradeTasks" in rule]
    made = {str(path.relative_to(ROOT)) for pattern in task["fileFilters"] for path in ROOT.glob(pattern)}
    assert made == {"requirements.txt", *LOCKS}


def test_nothing_else_installs_python_packages() -> None:
    assert len(re.findall(r"\bpip3?\b.* install|easy_install|ensurepip", DOCKERFILE)) == 1


def test_the_image_has_only_what_is_named() -> None:
    copied = [
        source for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE) for source in line.split()
    ]
    context = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert context[0] == "*"
    allowed = {line[1:] for line in context if line.startswith("!")}
    assert {*copied} > {
        "web/package.json",
        "web/package-lock.json",
    }  # first: they change less often
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


def test_every_package_of_the_browser_app_has_a_hash() -> None:
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text(encoding="utf-8"))
    # Except the app itself, and packages bundled in another package.
    packages = {name: package for name, package in lock["packages"].items() if name and not package.get("inBundle")}
    assert packages
    for name, package in packages.items():
        assert package["integrity"].startswith("sha512-"), name
        assert package.get("resolved", "https://registry.npmjs.org/").startswith("https://registry.npmjs.org/"), name


def test_the_image_runs_unprivileged_and_has_its_version() -> None:
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (.+)$", last, flags=re.MULTILINE) == ["10001:10001"]
    assert re.search(r"^USER", last, flags=re.MULTILINE).start() > last.rindex("\nRUN ")  # type: ignore[union-attr]
    assert f'org.opencontainers.image.version="{VERSION}"' in last
