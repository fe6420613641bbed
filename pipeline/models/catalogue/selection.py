"""Which models are used: it follows from the settings, the installed files and their licences.

Nothing here imports torch, which takes seconds: a missing or wrong file is reported at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.errors import ModelUnavailable
from pipeline.models.catalogue.model_file import ModelFile
from pipeline.models.catalogue.own_models import read_own_models
from pipeline.models.catalogue.preferences import (
    ModelPreferences,
    first_of_each_scale,
    is_offered,
    is_usable,
    preferred,
)
from pipeline.models.catalogue.registry import REGISTRY
from pipeline.models.catalogue.weights import fault
from pipeline.models.roles import ROLES, Role

NONE = "none"  # in place of a model's name in the settings: use no model for this role


@dataclass(frozen=True, slots=True)
class Selection:
    """The models to load, out of all that are `known`.

    `defaults` has for each role the model that requests get unless they name one; for upscalers one of each scale, and
    every one of the user's own that the settings name, because its scale is not known before it is loaded. `offered`
    has the defaults first and then what a request may name instead. `denoise_with` maps the name of an offered model
    to the model whose weights are mixed in for less denoising. `notes` are sentences for the operator.
    """

    known: tuple[ModelFile, ...]
    defaults: Mapping[Role, tuple[ModelFile, ...]]
    offered: Mapping[Role, tuple[ModelFile, ...]]
    denoise_with: Mapping[str, ModelFile] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def offered_names(self, role: Role) -> list[str]:
        """The names that a request may use for this role, the default first."""
        return [model.name for model in self.offered[role]]

    @property
    def recogniser(self) -> ModelFile | None:
        """The recogniser in use; None without one."""
        return next(iter(self.defaults["recogniser"]), None)


def known_models(weights_dir: Path, registry: Sequence[ModelFile] = REGISTRY) -> tuple[ModelFile, ...]:
    """The registry and the user's own models. Raises `ModelUnavailable` for a table that cannot be read."""
    own = read_own_models(weights_dir)
    for model in own:
        if any(model.name == other.name for other in registry):
            raise ModelUnavailable(f"models.csv: {model.name} is already the name of another model.", stage="models")
    return (*registry, *own)


def models_by_name(names: Iterable[str], known: Sequence[ModelFile]) -> list[ModelFile]:
    """The models with these names. Raises `ModelUnavailable` for unknown names."""
    models = {model.name: model for model in known}
    unknown = [name for name in names if name not in models]
    if unknown:
        raise ModelUnavailable(f"There is no model {', '.join(unknown)}, only {', '.join(models)}.", stage="models")
    return [models[name] for name in dict.fromkeys(names)]


def official_set(preferences: ModelPreferences, registry: Sequence[ModelFile] = REGISTRY) -> list[ModelFile]:
    """The official models that the settings name; for other roles the first of each scale with an allowed licence.

    In the order of the registry, whether they are installed or not.
    """
    insisting = replace(preferences, origin="official")
    wanted: list[ModelFile] = []
    for role in ROLES:
        candidates = [model for model in registry if model.role == role and model.origin == "official"]
        names = preferences.wanted.get(role)
        if names:
            wanted += [model for model in candidates if model.name in names]
        else:
            wanted += preferred(candidates, insisting, [m for m in candidates if not preferences.refuses(m)])
    return sorted(wanted, key=registry.index)


def choose(preferences: ModelPreferences, registry: Sequence[ModelFile] = REGISTRY) -> Selection:
    """The models to use; every file among them exists and has the right SHA-256.

    The origin `auto` takes for each role the first official model that is installed, else the first
    embedded one; `embedded` always takes that, `official` the first official one. Requests may name other installed
    models. Raises `ModelUnavailable`, which names every file that is missing or wrong, every required role that the
    licence setting leaves empty, and every name in the settings that is no model.
    """
    known = known_models(preferences.weights_dir, registry)
    defaults: dict[Role, tuple[ModelFile, ...]] = {}
    offered: dict[Role, tuple[ModelFile, ...]] = {}
    faults: list[str] = []
    for role in ROLES:
        candidates = [model for model in known if model.role == role]
        names = preferences.wanted.get(role, ())
        if names:
            offered[role] = tuple(_named(role, names, candidates, preferences, faults))
            defaults[role] = tuple(first_of_each_scale(offered[role]))
            continue
        defaults[role] = tuple(
            preferred(candidates, preferences, [m for m in candidates if not preferences.refuses(m)])
        )
        if not defaults[role] and ROLES[role].required:
            faults.append(_nothing(role, preferences, candidates))
        others = [m for m in candidates if m not in defaults[role] and is_offered(m, preferences)]
        offered[role] = (*defaults[role], *(others if ROLES[role].requestable else ()))
    wanted = [model for models in offered.values() for model in models]
    denoise_with = {
        model.name: other
        for model in wanted
        for other in known
        if other.name == model.denoise_with and is_usable(other, preferences)
    }
    wrong = _faults([*wanted, *denoise_with.values()], preferences.weights_dir)
    if faults or wrong:
        sentences = [*faults, *wrong.values(), *_advice(list(wrong), known, preferences)]
        raise ModelUnavailable("\n".join(dict.fromkeys(sentences)), stage="models")
    return Selection(known, defaults, offered, denoise_with, tuple(_notes(known, defaults, preferences)))


def _faults(models: Sequence[ModelFile], weights_dir: Path) -> dict[ModelFile, str]:
    """What is wrong with which file. The files are hashed in parallel: hashing takes most of the time of `choose`."""
    with ThreadPoolExecutor() as threads:
        found = zip(models, threads.map(lambda model: fault(model, weights_dir), models), strict=True)
        return {model: sentence for model, sentence in found if sentence}


def _advice(wrong: Sequence[ModelFile], known: Sequence[ModelFile], preferences: ModelPreferences) -> list[str]:
    """Sentences that say what to do about missing or wrong official files."""
    to_pull = [model for model in wrong if model.origin == "official"]
    advice = []
    for model in to_pull:
        place = (model.role, model.scale)
        instead = [m for m in known if (m.role, m.scale) == place and m is not model and is_offered(m, preferences)]
        if instead and not preferences.wanted.get(model.role):
            names = " or ".join(m.name for m in instead)
            advice.append(f"Instead of {model.name} LIKENESS_{model.role.upper()} may name {names}.")
    if to_pull:
        advice.append(f"{pull_command(to_pull)} downloads what is missing or wrong.")
    return advice


def pull_command(models: Sequence[ModelFile]) -> str:
    """The command that downloads these models, as it stands, in backticks."""
    accept = "" if all(model.commercial_use == "yes" for model in models) else " --accept-licences"
    names = " ".join(dict.fromkeys(model.name for model in models))
    return f"`python -m app models pull {names}{accept}`"


def _named(
    role: Role, names: Sequence[str], candidates: Sequence[ModelFile], preferences: ModelPreferences, faults: list[str]
) -> list[ModelFile]:
    """The models that the settings name for a role; what is wrong with the names is added to `faults`."""
    setting = f"LIKENESS_{role.upper()}"
    if list(names) == [NONE] and not ROLES[role].required:
        return []
    if not ROLES[role].requestable and len(names) > 1:
        faults.append(f"{setting} takes one model, not {', '.join(names)}.")
    known = {model.name: model for model in candidates}
    found = []
    for name in dict.fromkeys(names):
        model = known.get(name)
        if model is None:
            faults.append(f"{setting}: there is no {role} {name}, only {', '.join(known)}.")
        elif preferences.refuses(model):
            faults.append(f"{setting}: LIKENESS_LICENCES=commercial refuses {_licensed(model)}.")
        else:
            found.append(model)
    return found


def _nothing(role: Role, preferences: ModelPreferences, candidates: Sequence[ModelFile]) -> str:
    """Why a required role has no model."""
    wanted = [m for m in candidates if m.origin == preferences.origin or preferences.origin == "auto"]
    if not wanted:
        return f"No {preferences.origin} model is known for the role {role}."
    names = ", ".join(_licensed(model) for model in wanted)
    sentence = f"For the role {role} LIKENESS_LICENCES={preferences.licences} refuses {names}"
    instead = ", ".join(model.name for model in candidates if not preferences.refuses(model) and model.origin != "own")
    return f"{sentence}; with LIKENESS_MODELS=auto {instead} stands in." if instead else f"{sentence}."


def _licensed(model: ModelFile) -> str:
    return f"{model.name} ({model.licence}, commercial use: {model.commercial_use})"


def _notes(
    known: Sequence[ModelFile], defaults: Mapping[Role, tuple[ModelFile, ...]], preferences: ModelPreferences
) -> list[str]:
    """A sentence for each role whose preferred model the licence setting excludes: its name and its replacement."""
    notes = []
    for role in ROLES:
        candidates = [model for model in known if model.role == role]
        refused = [model for model in preferred(candidates, preferences, candidates) if preferences.refuses(model)]
        if not refused or preferences.wanted.get(role):
            continue
        names = ", ".join(_licensed(model) for model in refused)
        instead = " and ".join(model.name for model in defaults[role])
        consequence = f"{instead} will do as {role}" if instead else ROLES[role].without
        notes.append(f"LIKENESS_LICENCES=commercial refuses {names}: {consequence}.")
    return notes
