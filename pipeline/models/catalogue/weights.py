"""Model files: their paths, the check of size and SHA-256, and reading them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import ModelUnavailable
from pipeline.models.catalogue.model_file import ModelFile

EMBEDDED_DIR = Path(__file__).parents[1] / "embedded"


def location(model: ModelFile, weights_dir: Path) -> Path:
    """The path of the model's file, whether it exists or not."""
    return (EMBEDDED_DIR if model.origin == "embedded" else weights_dir) / model.file


def installed(model: ModelFile, weights_dir: Path) -> bool:
    """Whether the model's file exists (its content is checked when it is read)."""
    try:
        return location(model, weights_dir).is_file()
    except OSError:  # no permission to enter the folder
        return False


def fault(model: ModelFile, weights_dir: Path) -> str | None:
    """What is wrong with the model's file, as a sentence; None if it has the registered size and SHA-256."""
    path = location(model, weights_dir)
    if not installed(model, weights_dir):
        return f"{model.name}: {path} is missing."
    try:
        size = path.stat().st_size
        if model.bytes not in (None, size):
            return f"{model.name}: {path} has {size} bytes, expected {model.bytes}."
        found = sha256_of(path)
    except OSError as error:
        return f"{model.name}: {path} cannot be read: {error}."
    return None if found == model.sha256 else f"{model.name}: {path} has SHA-256 {found}, expected {model.sha256}."


def read_bytes(model: ModelFile, weights_dir: Path) -> bytes:
    """The content of the model's file. Raises `ModelUnavailable` if it cannot be read or has another SHA-256.

    The hash is computed from the returned bytes, so that a file that changes meanwhile cannot pass the check.
    """
    return checked_bytes(model.name, location(model, weights_dir), model.sha256)


def checked_bytes(name: str, path: Path, sha256: str) -> bytes:
    """The content of a file of the model `name`. Raises `ModelUnavailable` as `read_bytes` does."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelUnavailable(f"{name}: {path} cannot be read: {error}.", stage="models") from error
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise ModelUnavailable(f"{name}: {path} has SHA-256 {found}, expected {sha256}.", stage="models")
    return data


def read_state_dict(model: ModelFile, weights_dir: Path) -> dict[str, Any]:
    """The tensors of a model's file by name, on the CPU, as published (see `tensors_of`).

    The hash is checked before the file is parsed, and no code in it can run (safetensors, or `weights_only=True`).
    Raises `ModelUnavailable` if it cannot be read, has another SHA-256 or holds no weights.
    """
    import torch  # takes seconds, which commands that only check files save
    from safetensors.torch import load as load_safetensors

    data = read_bytes(model, weights_dir)
    path = location(model, weights_dir)
    try:
        if model.file.lower().endswith(".safetensors"):
            return dict(load_safetensors(data))
        return dict(torch.load(io.BytesIO(data), map_location="cpu", weights_only=True))
    except Exception as error:  # the two readers raise different exceptions
        raise ModelUnavailable(f"{model.name}: {path} holds no readable weights.", stage="models") from error


def tensors_of(state_dict: Mapping[str, Any]) -> dict[str, Any]:
    """A checkpoint's tensors by name, as a new dict: GFPGAN's and Real-ESRGAN's are nested under one key."""
    return dict(state_dict.get("params_ema", state_dict.get("params", state_dict)))


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file of any size, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
