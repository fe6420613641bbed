"""Which models are used: what the user wants, what is installed, and what its licence allows.

Nothing here imports torch, so that a wrong file is told at once and not after seconds of imports.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeAlias

from pipeline.errors import ModelUnavailable
from pipeline.models.catalogue.model_file import REQUIRED_ROLES, ROLES, ModelFile, Role
from pipeline.models.catalogue.own_models import read_own_models
from pipeline.models.catalogue.registry import REGISTRY
from pipeline.models.catalogue.weights import fault, installed

Preference: TypeAlias = Literal["auto", "embedded", "official"]
Licences: TypeAlias = Literal["any", "commercial"]

NONE = "none"  # as a model's name in the settings: leave this role empty
WITHOUT: Mapping[Role, str] = {
    "parser": "an elliptic mask will do",
    "recogniser": "identity is not measured",
    "perceptual": "LPIPS is not measured",
}
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

    Of the user's own models the scale is not known here; all that were named are among the defaults. `offered` has
    the defaults first and then what a request may name instead. `twins` are the models whose weights an offered one,
    by its name, is mixed with to denoise less. `notes` are sentences for the operator.
    """

    known: tuple[ModelFile, ...]
    defaults: Mapping[Role, tuple[ModelFile, ...]]
    offered: Mapping[Role, tuple[ModelFile, ...]]
    twins: Mapping[str, ModelFile] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def offered_names(self, role: Role) -> list[str]:
        """What a request may name, the default first."""
        return [model.name for model in self.offered[role]]

    @property
    def recogniser(self) -> ModelFile | None:
        """The recogniser in use, whose scale similarities are on; None without one."""
        return next(iter(self.defaults["recogniser"]), None)


def known_models(weights_dir: Path, registry: Sequence[ModelFile] = REGISTRY) -> tuple[ModelFile, ...]:
    """The registry and the user's own models. Raises `ModelUnavailable` for a table that cannot be read."""
    own = read_own_models(weights_dir)
    for model in own:
        if any(model.name == other.name for other in registry):
            raise ModelUnavailable(f"models.csv: {model.name} is already the name of another model.", stage="models")
    return (*registry, *own)


def models_by_name(names: Iterable[str], known: Sequence[ModelFile]) -> list[ModelFile]:
    """The models of these names. Raises `ModelUnavailable` for one that is not known."""
    models = {model.name: model for model in known}
    unknown = [name for name in names if name not in models]
    if unknown:
        raise ModelUnavailable(f"There is no model {', '.join(unknown)}, only {', '.join(models)}.", stage="models")
    return [models[name] for name in dict.fromkeys(names)]


def official_set(shelf: Shelf, registry: Sequence[ModelFile] = REGISTRY) -> list[ModelFile]:
    """The official models that the settings name; of other roles the first of each scale whose licence is welcome.

    In the order of the registry, whether they are installed or not.
    """
    insisting = replace(shelf, preference="official")
    wanted: list[ModelFile] = []
    for role in ROLES:
        candidates = [model for model in registry if model.role == role and model.origin == "official"]
        names = shelf.wanted.get(role)
        if names:
            wanted += [model for model in candidates if model.name in names]
        else:
            wanted += _preferred(candidates, insisting, [m for m in candidates if not shelf.refuses(m)])
    return sorted(wanted, key=registry.index)


def choose(shelf: Shelf, registry: Sequence[ModelFile] = REGISTRY) -> Selection:
    """The models to use; every one of them is there and has the right SHA-256.

    `auto` takes for each role the first official model that is installed, else the embedded one; `embedded` and
    `official` insist on theirs, `official` on the first. What else is installed may be asked for. Raises
    `ModelUnavailable` that names every file that is missing or wrong, every required role that the licence setting
    leaves empty, and every name in the settings that is no model.
    """
    known = known_models(shelf.weights_dir, registry)
    defaults: dict[Role, tuple[ModelFile, ...]] = {}
    offered: dict[Role, tuple[ModelFile, ...]] = {}
    faults: list[str] = []
    for role in ROLES:
        candidates = [model for model in known if model.role == role]
        names = shelf.wanted.get(role, ())
        if names:
            offered[role] = tuple(_named(role, names, candidates, shelf, faults))
            defaults[role] = tuple(_first_of_each_scale(offered[role]))
            continue
        defaults[role] = tuple(_preferred(candidates, shelf, [m for m in candidates if not shelf.refuses(m)]))
        if not defaults[role] and role in REQUIRED_ROLES:
            faults.append(_nothing(role, shelf, candidates))
        others = [m for m in candidates if m not in defaults[role] and _may_be_asked_for(m, shelf)]
        offered[role] = (*defaults[role], *(others if role in REQUESTABLE else ()))
    wanted = [model for models in offered.values() for model in models]
    twins = {model.name: twin for model in wanted for twin in known if _is_twin(twin, model, shelf)}
    wrong = _faults([*wanted, *twins.values()], shelf.weights_dir)
    if faults or wrong:
        sentences = [*faults, *wrong.values(), *_advice(list(wrong), known, shelf)]
        raise ModelUnavailable("\n".join(dict.fromkeys(sentences)), stage="models")
    return Selection(known, defaults, offered, twins, tuple(_notes(known, defaults, shelf)))


def _faults(models: Sequence[ModelFile], weights_dir: Path) -> dict[ModelFile, str]:
    """What is wrong with which file; all are hashed at once, as hashing is most of an early end."""
    with ThreadPoolExecutor() as threads:
        found = zip(models, threads.map(lambda model: fault(model, weights_dir), models), strict=True)
        return {model: sentence for model, sentence in found if sentence}


def _advice(wrong: Sequence[ModelFile], known: Sequence[ModelFile], shelf: Shelf) -> list[str]:
    """What to do about official files that are missing or wrong."""
    to_pull = [model for model in wrong if model.origin == "official"]
    advice = []
    for model in to_pull:
        place = (model.role, model.scale)
        instead = [m for m in known if (m.role, m.scale) == place and m is not model and _may_be_asked_for(m, shelf)]
        if instead and not shelf.wanted.get(model.role):
            names = " or ".join(m.name for m in instead)
            advice.append(f"Instead of {model.name} LIKENESS_{model.role.upper()} may name {names}.")
    if to_pull:
        accept = "" if all(model.commercial_use == "yes" for model in to_pull) else " --accept-licences"
        names = " ".join(dict.fromkeys(model.name for model in to_pull))
        advice.append(f"`python -m app models pull {names}{accept}` downloads what is missing or wrong.")
    return advice


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
            faults.append(f"{setting}: LIKENESS_LICENCES=commercial refuses {_licensed(model)}.")
        else:
            found.append(model)
    return found


def _preferred(candidates: Sequence[ModelFile], shelf: Shelf, allowed: Sequence[ModelFile]) -> list[ModelFile]:
    """Of one role's allowed models those that the preference asks for: one for each scale.

    Never one of the user's own, nor one that only serves another to denoise less.
    """
    twins = {model.denoise_with for model in candidates}
    usual = [model for model in allowed if model.origin != "own" and model.name not in twins]
    official = [model for model in usual if model.origin == "official"]
    if shelf.preference == "official":
        return _first_of_each_scale(official)
    present = [model for model in official if installed(model, shelf.weights_dir)]
    embedded = [model for model in usual if model.origin == "embedded"]
    return _first_of_each_scale(embedded if shelf.preference == "embedded" else [*present, *embedded])


def _first_of_each_scale(models: Sequence[ModelFile]) -> list[ModelFile]:
    """The first of each scale, in order of scale; every one whose scale is not known before it is loaded (0)."""
    first = {model.scale: model for model in reversed(models)}
    return [m for m in sorted(models, key=lambda m: m.scale) if m.scale == 0 or m == first[m.scale]]


def _is_twin(twin: ModelFile, model: ModelFile, shelf: Shelf) -> bool:
    """Whether `twin` can make `model` denoise less."""
    return twin.name == model.denoise_with and installed(twin, shelf.weights_dir) and not shelf.refuses(twin)


def _may_be_asked_for(model: ModelFile, shelf: Shelf) -> bool:
    """Whether a model that is not the default is offered: what the preference excludes is not."""
    excluded = {"auto": (), "embedded": ("official",), "official": ("embedded",)}[shelf.preference]
    if shelf.refuses(model) or model.origin in excluded:
        return False
    return model.origin == "own" or installed(model, shelf.weights_dir)


def _nothing(role: Role, shelf: Shelf, candidates: Sequence[ModelFile]) -> str:
    """Why a role stays empty."""
    wanted = [m for m in candidates if m.origin == shelf.preference or shelf.preference == "auto"]
    if not wanted:
        return f"No {shelf.preference} model is known for the role {role}."
    names = ", ".join(_licensed(model) for model in wanted)
    sentence = f"For the role {role} LIKENESS_LICENCES={shelf.licences} refuses {names}"
    instead = ", ".join(model.name for model in candidates if not shelf.refuses(model) and model.origin != "own")
    return f"{sentence}; with LIKENESS_MODELS=auto {instead} stands in." if instead else f"{sentence}."


def _licensed(model: ModelFile) -> str:
    return f"{model.name} ({model.licence}, commercial use: {model.commercial_use})"


def _notes(known: Sequence[ModelFile], defaults: Mapping[Role, tuple[ModelFile, ...]], shelf: Shelf) -> list[str]:
    """For each role whose preferred model was refused for its licence: which, and what stands in."""
    notes = []
    for role in ROLES:
        candidates = [model for model in known if model.role == role]
        refused = [model for model in _preferred(candidates, shelf, candidates) if shelf.refuses(model)]
        if not refused or shelf.wanted.get(role):
            continue
        names = ", ".join(_licensed(model) for model in refused)
        instead = " and ".join(model.name for model in defaults[role])
        consequence = f"{instead} will do as {role}" if instead else WITHOUT[role]
        notes.append(f"LIKENESS_LICENCES=commercial refuses {names}: {consequence}.")
    return notes
