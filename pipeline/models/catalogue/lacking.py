"""What a role without a model lacks: which models would do, and what brings one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.models.catalogue.model_file import ModelFile
from pipeline.models.catalogue.preferences import ModelPreferences, preferred
from pipeline.models.catalogue.selection import NONE, Selection, pull_command
from pipeline.models.roles import Role

# Without them a photo is restored all the same, but some of its figures are unknown.
FIGURE_ROLES: tuple[Role, ...] = ("recogniser", "perceptual")
NO_LICENCE = "LIKENESS_LICENCES=commercial"


@dataclass(frozen=True, slots=True)
class Lack:
    """A role that has no model here.

    `command` downloads `models`, as it stands; None where a setting refuses them all. `setting` (`NAME=value`) is what
    stands in the way, with the command or without; None for no setting. `instead` are models that ship with Likeness
    and are used once the setting is gone. `bytes` is the size of the download.
    """

    role: Role
    models: tuple[str, ...]
    command: str | None = None
    setting: str | None = None
    instead: tuple[str, ...] = ()
    bytes: int = 0


def lacks(selection: Selection, preferences: ModelPreferences) -> tuple[Lack, ...]:
    """What the roles that only figures need lack with this selection, which follows from `preferences`."""
    return tuple(lack_of(role, selection, preferences) for role in FIGURE_ROLES if not selection.defaults[role])


def lack_of(role: Role, selection: Selection, preferences: ModelPreferences) -> Lack:
    """What `role`, which has no model in `selection`, lacks."""
    candidates = [model for model in selection.known if model.role == role]
    embedded = [model for model in candidates if model.origin == "embedded"]
    if preferences.wanted.get(role) == (NONE,):
        shipped = tuple(model.name for model in embedded[:1])
        return Lack(role, shipped, setting=f"LIKENESS_{role.upper()}={NONE}", instead=shipped)
    allowed = [model for model in candidates if not preferences.refuses(model)]
    official = preferred(candidates, replace(preferences, origin="official"), allowed)
    if not official:
        shipped = tuple(model.name for model in embedded if model in allowed)
        if shipped and preferences.origin == "official":  # with `auto` it would stand in
            return Lack(role, shipped, setting="LIKENESS_MODELS=official", instead=shipped)
        return Lack(role, tuple(model.name for model in candidates if preferences.refuses(model)), setting=NO_LICENCE)
    setting = "LIKENESS_MODELS=embedded" if preferences.origin == "embedded" else None
    return Lack(role, _names(official), pull_command(official).strip("`"), setting, bytes=_download(official))


def _names(models: list[ModelFile]) -> tuple[str, ...]:
    return tuple(model.name for model in models)


def _download(models: list[ModelFile]) -> int:
    """Bytes of the files that the command fetches: archives are fetched whole, and once."""
    files = {model.url: (model.archive or model).bytes or 0 for model in models}
    return sum(files.values())
