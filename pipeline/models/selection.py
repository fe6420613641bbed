"""Which models are used: what the user wants, what is installed, and what its licence allows.

Nothing here imports torch, so that a wrong file is told at once and not after seconds of imports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from pipeline.errors import ModelUnavailable
from pipeline.models.own_models import read_own_models
from pipeline.models.registry import REGISTRY, REQUIRED_ROLES, ROLES, ModelFile, Role
from pipeline.models.weights import MISSING, fault, installed

Preference: TypeAlias = Literal["auto", "embedded", "official"]
Licences: TypeAlias = Literal["any", "commercial"]

NONE = "none"  # as a model's name in the settings: leave this role empty
REQUESTABLE: tuple[Role, ...] = ("restorer", "upscaler")  # a request may name one of these; of others there is one


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where to look for models and which are welcome: the user's settings, as one value.

    `wanted` has the names that the user gave for a role, the default first; without them `preference` decides.
    """

    weights_dir: Path
    preference: Preference = "auto"
    licences: Licences = "any"
    wanted: Mapping[Role, tuple[str, ...]] = field(default_factory=dict)

    def refuses(self, model: ModelFile) -> bool:
        """Whether the model's licence is not welcome."""
        return self.licences == "commercial" and model.commercial_use != "yes"


@dataclass(frozen=True, slots=True)
class Selection:
    """The models to load, of those `known`. `defaults`: for each role the one in use, for upscalers one for each scale.

    `offered` has these first and then what a request may name instead. `twins` are the models whose weights an offered
    one, by its name, is mixed with to denoise less. `notes` are sentences for the operator.
    """

    known: tuple[ModelFile, ...]
    defaults: Mapping[Role, tuple[ModelFile, ...]]
    offered: Mapping[Role, tuple[ModelFile, ...]]
    twins: Mapping[str, ModelFile] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def offered_names(self, role: Role) -> list[str]:
        """What a request may name, the default first."""
        return [model.name for model in self.offered[role]]


def known_models(weights_dir: Path, registry: Sequence[ModelFile] = REGISTRY) -> tuple[ModelFile, ...]:
    """The registry and the user's own models. Raises `ModelUnavailable` for a table that cannot be read."""
    own = read_own_models(weights_dir)
    for model in own:
        if any(model.name == other.name for other in registry):
            raise ModelUnavailable(f"models.csv: {model.name} is already the name of another model.", stage="models")
    return (*registry, *own)


def choose(shelf: Shelf, registry: Sequence[ModelFile] = REGISTRY) -> Selection:
    """The models to use; every one of them is there and has the right SHA-256.

    `auto` takes for each role the first official model that is installed, else the embedded one; `embedded` and
    `official` insist. What else is installed may be asked for. Raises `ModelUnavailable` that names every file
    that is missing or wrong, every required role that the licence setting leaves empty, and every name in the
    settings that is no model.
    """
    known = known_models(shelf.weights_dir, registry)
    defaults: dict[Role, tuple[ModelFile, ...]] = {}
    offered: dict[Role, tuple[ModelFile, ...]] = {}
    faults: list[str] = []
    for role in ROLES:
        candidates = [model for model in known if model.role == role]
        names = shelf.wanted.get(role, ())
        if names:
            defaults[role] = offered[role] = tuple(_named(role, names, candidates, shelf, faults))
            continue
        defaults[role] = tuple(_automatic(role, candidates, shelf, faults))
        others = [m for m in candidates if m not in defaults[role] and _may_be_asked_for(m, shelf)]
        offered[role] = (*defaults[role], *(others if role in REQUESTABLE else ()))
    wanted = [model for models in offered.values() for model in models]
    twins = {model.name: twin for model in wanted for twin in known if _is_twin(twin, model, shelf)}
    faults += _faults([*wanted, *twins.values()], shelf.weights_dir)
    if faults:
        raise ModelUnavailable("\n".join([*dict.fromkeys(faults), *_advice(faults)]), stage="models")
    return Selection(known, defaults, offered, twins, tuple(_notes(known, defaults, shelf)))


def _advice(faults: Sequence[str]) -> list[str]:
    """What to do about files that are missing."""
    missing = any(found.endswith(MISSING) for found in faults)
    return ["`python -m app models pull` downloads official models."] if missing else []


def _is_twin(twin: ModelFile, model: ModelFile, shelf: Shelf) -> bool:
    """Whether `twin` can make `model` denoise less."""
    return twin.name == model.denoise_with and installed(twin, shelf.weights_dir) and not shelf.refuses(twin)


def _faults(models: Sequence[ModelFile], weights_dir: Path) -> list[str]:
    """What is wrong with the files; all are hashed at once, as hashing is most of an early end."""
    with ThreadPoolExecutor() as threads:
        return [found for found in threads.map(lambda model: fault(model, weights_dir), models) if found]


def _named(
    role: Role, names: Sequence[str], candidates: Sequence[ModelFile], shelf: Shelf, faults: list[str]
) -> list[ModelFile]:
    """The models that the user named for a role."""
    setting = f"LIKENESS_{role.upper()}"
    if list(names) == [NONE] and role not in REQUIRED_ROLES:
        return []
    if role not in REQUESTABLE and len(names) > 1:
        faults.append(f"{setting} takes one model, not {', '.join(names)}.")
    known = {model.name: model for model in candidates}
    found = []
    for name in dict.fromkeys(names):
        model = known.get(name)
        if model is None:
            faults.append(f"{setting}: there is no {role} {name}, only {', '.join(known)}.")
        elif shelf.refuses(model):
            faults.append(f"{setting}: LIKENESS_LICENCES=commercial refuses {name} ({model.licence}).")
        else:
            found.append(model)
    return found


def _automatic(role: Role, candidates: Sequence[ModelFile], shelf: Shelf, faults: list[str]) -> list[ModelFile]:
    """The default models of a role: one for each scale."""
    allowed = [model for model in candidates if not shelf.refuses(model) and model.origin != "own"]
    known = len(faults)
    picked = [_pick([m for m in allowed if m.scale == scale], shelf, faults) for scale in _scales(allowed)]
    found = [model for model in picked if model is not None]
    if not found and role in REQUIRED_ROLES and len(faults) == known:
        faults.append(_nothing(role, shelf, candidates, allowed))
    return found


def _scales(models: Sequence[ModelFile]) -> list[int]:
    return sorted({model.scale for model in models})


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


def _may_be_asked_for(model: ModelFile, shelf: Shelf) -> bool:
    """Whether a model that is not the default is offered: what the preference excludes is not."""
    excluded = {"auto": (), "embedded": ("official",), "official": ("embedded",)}[shelf.preference]
    if shelf.refuses(model) or model.origin in excluded:
        return False
    return model.origin == "own" or installed(model, shelf.weights_dir)


def _nothing(role: Role, shelf: Shelf, candidates: Sequence[ModelFile], allowed: Sequence[ModelFile]) -> str:
    """Why a role stays empty."""
    wanted = [m for m in candidates if shelf.preference == "auto" or m.origin == shelf.preference]
    if not wanted:
        return f"No {shelf.preference} model is known for the role {role}."
    names = ", ".join(model.name for model in wanted)
    sentence = f"For the role {role} LIKENESS_LICENCES={shelf.licences} refuses {names}"
    instead = ", ".join(model.name for model in allowed)
    return f"{sentence}; with LIKENESS_MODELS=auto {instead} stands in." if instead else f"{sentence}."


def _notes(known: Sequence[ModelFile], defaults: Mapping[Role, tuple[ModelFile, ...]], shelf: Shelf) -> list[str]:
    """For each role whose installed models were refused: which, and what stands in."""
    notes = []
    for role in ROLES:
        refused = [m for m in known if m.role == role and shelf.refuses(m) and installed(m, shelf.weights_dir)]
        if not refused:
            continue
        names = ", ".join(f"{model.name} ({model.licence})" for model in refused)
        instead = " and ".join(model.name for model in defaults[role]) or "nothing"
        verb = "stand" if len(defaults[role]) > 1 else "stands"
        notes.append(f"LIKENESS_LICENCES=commercial refuses {names}: {instead} {verb} in as {role}.")
    return notes
