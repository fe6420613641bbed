"""`make` and the browser app: it is built when needed; without Node, `make` serves and tests without it."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Scripts in place of the programs; each prints its arguments.
PYTHON = 'echo "python $*"'
NODE = "exit 0"  # exit status 0: the version is new enough
NPM = """echo "npm $* for '$NEXT_PUBLIC_API_URL'"
case "$*" in
  ci*) mkdir -p node_modules && touch node_modules/.package-lock.json ;;
  "run build") mkdir -p out && touch out/index.html ;;
  "run e2e") echo "in $CHROMIUM with $PYTHON" ;;
esac"""


@dataclass(frozen=True)
class Tree:
    """A working tree with the Makefile, and a folder `bin` with the only available programs."""

    folder: Path

    def program(self, name: str, script: str) -> None:
        file = self.folder / "bin" / name
        file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        file.chmod(0o755)

    def make(self, *arguments: str, **variables: str) -> list[str]:
        """Run make, which must succeed; returns the lines of its output."""
        done = subprocess.run(
            [str(shutil.which("make")), "--silent", "--no-print-directory", "VENV=venv", *arguments],
            cwd=self.folder,
            env={"PATH": str(self.folder / "bin"), **variables},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def make_at_a_terminal(self, *arguments: str) -> list[str]:
        """The same, with a terminal as standard output."""
        ours, theirs = pty.openpty()
        command = [str(shutil.which("make")), "--silent", "--no-print-directory", "VENV=venv", *arguments]
        done = subprocess.run(command, cwd=self.folder, env={"PATH": str(self.folder / "bin")}, stdout=theirs)
        os.close(theirs)
        assert done.returncode == 0
        with os.fdopen(ours, "rb") as terminal:
            return terminal.read1(2**16).decode().splitlines()

    def age(self) -> None:
        """Make all files in web/ old, so that later ones are newer: timestamps of file systems are coarse."""
        for file in (self.folder / "web").rglob("*"):
            os.utime(file, (1, 1))


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    for name in ("bin", "venv/bin", "venv/photos", "training", "web/src/app"):
        (tmp_path / name).mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", tmp_path)
    # In the order in which make creates them.
    for name in (
        *("requirements.lock", "requirements-cuda.lock", "requirements-dev.lock", "requirements-parity.lock"),
        "training/requirements.lock",
        *("venv/.installed", "venv/.installed-dev", "venv/.installed-parity", "venv/photos/.fetched"),
        *("web/package.json", "web/package-lock.json", "web/src/app/page.tsx"),
    ):
        (tmp_path / name).touch()
    for name in ("find", "cmp", "touch", "mkdir", "make", "uname"):
        (tmp_path / "bin" / name).symlink_to(str(shutil.which(name)))
    tree = Tree(tmp_path)
    tree.program("node", NODE)
    tree.program("npm", NPM)
    tree.program("python", PYTHON)
    shutil.move(tmp_path / "bin" / "python", tmp_path / "venv" / "bin" / "python")
    return tree


SERVED = "python -m app serve --host 127.0.0.1 --port 8000"
CI, BUILD = "npm ci --ignore-scripts for ''", "npm run build for ''"


def test_run_builds_the_app_and_serves(tree: Tree) -> None:
    assert tree.make("run") == [CI, BUILD, SERVED]
    assert tree.make("run") == [SERVED]


INSTALL = "python -m pip install{} --disable-pip-version-check --require-hashes --only-binary :all: {}"
LOCKS = "--requirement requirements.lock --requirement requirements-cuda.lock"


def test_a_log_has_neither_progress_nor_words_about_it(tree: Tree) -> None:
    (tree.folder / "venv" / ".installed").unlink()
    assert tree.make("run") == [INSTALL.format(" --quiet", LOCKS), CI, BUILD, SERVED]


def test_a_terminal_is_told_what_is_downloaded_and_built_and_shows_the_progress(tree: Tree) -> None:
    (tree.folder / "venv" / ".installed").unlink()
    told, installed, *web, served = tree.make_at_a_terminal("run")
    size = ": some 3 GB with the CUDA libraries" if sys.platform == "linux" else ""
    assert (
        told
        == f"Downloading PyTorch and the other packages into venv{size}. This takes minutes, but only the first time."
    )
    assert (installed, served) == (INSTALL.format("", LOCKS), SERVED)
    assert [line.split(" ")[0] for line in web] == ["Fetching", "npm", "Building", "npm"]
    assert tree.make_at_a_terminal("run") == [SERVED]
    os.utime(tree.folder / "venv" / ".installed", (1, 1))
    assert tree.make_at_a_terminal("install")[0] == "Fetching the packages that have changed into venv."


@pytest.mark.parametrize("missing", ["node", "npm", "a newer node"])
def test_without_node_it_serves_without_the_app_and_says_so(tree: Tree, missing: str) -> None:
    if missing == "a newer node":
        tree.program("node", "exit 1")
    else:
        (tree.folder / "bin" / missing).unlink()
    said = "Node 20.9 or later is missing: serving without the browser app, see /docs"
    assert tree.make("run") == [said, SERVED]
    assert tree.make("test-web") == ["Node 20.9 or later is missing: the browser app was not tested"]


def test_without_node_an_app_that_was_built_before_is_served(tree: Tree) -> None:
    tree.make("web")
    (tree.folder / "bin" / "node").unlink()
    assert tree.make("run") == [
        "Node 20.9 or later is missing: serving the browser app as it was built last",
        SERVED,
    ]


@pytest.mark.parametrize("step", ["ci --ignore-scripts", "run build"])
def test_if_the_build_of_the_app_fails_the_service_still_starts(tree: Tree, step: str) -> None:
    tree.program("npm", f'if [ "$*" = "{step}" ]; then echo "what is wrong"; exit 1; fi\n{NPM}')
    lines = tree.make("run")
    assert lines[-3:] == [
        "what is wrong",
        "The browser app could not be built: serving without the browser app, see /docs",
        SERVED,
    ]


@pytest.mark.parametrize(
    ("changed", "steps"),
    [
        ("web/src/app/page.tsx", [BUILD]),
        ("web/src/app/new.tsx", [BUILD]),
        ("web/package.json", [BUILD]),
        ("web/package-lock.json", [CI, BUILD]),
        ("web/next-env.d.ts", []),
        ("web/e2e/page.spec.ts", []),
        ("web/.next/trace", []),
        ("web/screenshots/one.png", []),
    ],
)
def test_it_is_built_again_when_its_sources_change(tree: Tree, changed: str, steps: list[str]) -> None:
    tree.make("web")
    tree.age()
    (tree.folder / changed).parent.mkdir(exist_ok=True)
    (tree.folder / changed).touch()
    assert tree.make("web") == steps
    assert tree.make("web") == []


def test_it_is_built_again_for_another_address(tree: Tree) -> None:
    address = "https://api.example.org"
    tree.make("web")
    tree.age()
    assert tree.make("web", NEXT_PUBLIC_API_URL=address) == [f"npm run build for '{address}'"]
    tree.age()
    assert tree.make("web", f"NEXT_PUBLIC_API_URL={address}") == []
    assert tree.make("web") == [BUILD]


def test_the_app_is_also_tested_in_a_browser(tree: Tree) -> None:
    browser = "/somewhere/chromium"
    steps = [CI, "npm run check for ''", "npm test for ''", BUILD, "npm run e2e for ''"]
    python = tree.folder / "venv" / "bin" / "python"
    assert tree.make("test-web", CHROMIUM=browser) == [*steps, f"in {browser} with {python}"]
    tree.program("google-chrome", "")
    assert tree.make("test-web")[-1] == f"in {tree.folder / 'bin' / 'google-chrome'} with {python}"
    tree.program("chromium", "")
    assert tree.make("test-web")[-1] == f"in {tree.folder / 'bin' / 'chromium'} with {python}"


def test_without_a_browser_the_rest_is_tested(tree: Tree) -> None:
    *steps, said = tree.make("test-web")
    assert steps == [CI, "npm run check for ''", "npm test for ''", BUILD]
    assert said == "Chromium is missing: the browser app was not tested in a browser"


@pytest.mark.parametrize("step", ["run check", "test", "run build", "run e2e"])
def test_a_failing_test_fails_make(tree: Tree, step: str) -> None:
    tree.program("chromium", "")
    tree.program("npm", f'if [ "$*" = "{step}" ]; then exit 1; fi\n{NPM}')
    with pytest.raises(AssertionError, match="Error"):
        tree.make("test-web")


def test_clean_removes_all_of_the_app_but_its_sources(tree: Tree) -> None:
    tree.make("web")
    (tree.folder / "bin" / "rm").symlink_to(str(shutil.which("rm")))
    tree.make("clean")
    assert sorted(os.listdir(tree.folder / "web")) == ["package-lock.json", "package.json", "src"]
