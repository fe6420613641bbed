"""Model files: where they lie, whether they are what they claim to be, and how they are read."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import torch
from safetensors.torch import load as load_safetensors

from pipeline.errors import ModelUnavailable
from pipeline.models.registry import REGISTRY, REQUIRED_ROLES, ROLES, ModelFile, Role

Preference: TypeAlias = Literal["auto", "embedded", "official"]
Licences: TypeAlias = Literal["any", "commercial"]
Selection: TypeAlias = Mapping[Role, tuple[ModelFile, ...]]

EMBEDDED_DIR = Path(__file__).parent / "embedded"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where to look for models and which are welcome: the user's settings, as one value."""

    weights_dir: Path
    preference: Preference = "auto"
    licences: Licences = "any"


def location(model: ModelFile, weights_dir: Path) -> Path | None:
    """Where the model's file lies, or would lie; None for a model that needs no file of its own."""
    if model.file is None:
        return None
    return (EMBEDDED_DIR if model.origin == "embedded" else weights_dir) / model.file


def installed(model: ModelFile, weights_dir: Path) -> bool:
    """Whether the model's file is there (its content is checked when it is read)."""
    path = location(model, weights_dir)
    try:
        return path is None or path.is_file()
    except OSError:  # a folder that may not be entered holds nothing for us
        return False


def fault(model: ModelFile, weights_dir: Path) -> str | None:
    """What is wrong with the model's file, as a sentence; None if size and SHA-256 are as registered."""
    path = location(model, weights_dir)
    if path is None:
        return None
    if not installed(model, weights_dir):
        return f"{model.name}: {path} is missing."
    if path.stat().st_size != model.bytes:
        return f"{model.name}: {path} has {path.stat().st_size} bytes, expected {model.bytes}."
    try:
        found = _sha256(path.read_bytes())
    except OSError as error:
        return f"{model.name}: {path} cannot be read: {error}."
    return None if found == model.sha256 else f"{model.name}: {path} has SHA-256 {found}, expected {model.sha256}."


def choose(shelf: Shelf, registry: Sequence[ModelFile] = REGISTRY) -> Selection:
    """For each role the models to use: one, or for upscalers one for each scale.

    `auto` takes the first installed official model, else the embedded one; `embedded` and `official` insist.
    Raises `ModelUnavailable` that names every file that is missing or wrong, and every required role that
    the licence setting leaves empty.
    """
    chosen: dict[Role, tuple[ModelFile, ...]] = {}
    faults: list[str] = []
    for role in ROLES:
        candidates = [model for model in registry if model.role == role]
        allowed = [m for m in candidates if shelf.licences == "any" or m.commercial_use == "yes"]
        picked: dict[int, ModelFile] = {}
        known = len(faults)
        for scale in sorted({model.scale for model in allowed}):
            model = _pick([m for m in allowed if m.scale == scale], shelf, faults)
            if model is not None:
                picked[scale] = model
        if not picked and role in REQUIRED_ROLES and len(faults) == known:
            faults.append(_nothing(role, shelf, candidates))
        chosen[role] = tuple(picked.values())
    faults.extend(f for models in chosen.values() for m in models if (f := fault(m, shelf.weights_dir)))
    if faults:
        raise ModelUnavailable(" ".join(dict.fromkeys(faults)), stage="models")
    return chosen


def _nothing(role: Role, shelf: Shelf, candidates: Sequence[ModelFile]) -> str:
    """Why a role stays empty."""
    wanted = [m for m in candidates if shelf.preference == "auto" or m.origin == shelf.preference]
    if not wanted:
        return f"No {shelf.preference} model is known for the role {role}."
    names = ", ".join(model.name for model in wanted)
    return f"For the role {role} licences={shelf.licences} refuses {names}."


def _pick(models: Sequence[ModelFile], shelf: Shelf, faults: list[str]) -> ModelFile | None:
    """The model of one role and scale that the preference asks for."""
    official = [m for m in models if m.origin == "official"]
    embedded = [m for m in models if m.origin == "embedded"]
    if shelf.preference == "embedded":
        return embedded[0] if embedded else None
    present = [m for m in official if installed(m, shelf.weights_dir)]
    if present:
        return present[0]
    if shelf.preference == "auto":
        return embedded[0] if embedded else None
    if official:
        faults.append(str(fault(official[0], shelf.weights_dir)))
    return None


def read_state_dict(model: ModelFile, weights_dir: Path) -> dict[str, Any]:
    """The content of a model's file: tensors by name, on the CPU, as published (some lie under one more key).

    The file is read once; its SHA-256 is checked on those very bytes before anything interprets them, and no
    code in it can run (safetensors, or `weights_only=True`). Raises `ModelUnavailable` naming what is wrong.
    """
    path = location(model, weights_dir)
    if path is None:
        raise ModelUnavailable(f"{model.name} has no file of weights.", stage="models")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelUnavailable(f"{model.name}: {path} cannot be read: {error}.", stage="models") from error
    found = _sha256(data)
    if found != model.sha256:
        raise ModelUnavailable(f"{model.name}: {path} has SHA-256 {found}, expected {model.sha256}.", stage="models")
    try:
        if path.suffix == ".safetensors":
            return dict(load_safetensors(data))
        return dict(torch.load(io.BytesIO(data), map_location="cpu", weights_only=True))
    except Exception as error:  # each reader has its own, down to RuntimeError
        raise ModelUnavailable(f"{model.name}: {path} holds no readable weights.", stage="models") from error


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
