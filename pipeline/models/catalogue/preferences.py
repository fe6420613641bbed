"""The settings that decide which models are used, and which of several models they prefer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from pipeline.models.catalogue.model_file import ModelFile
from pipeline.models.catalogue.weights import installed
from pipeline.models.roles import Role

OriginChoice: TypeAlias = Literal["auto", "embedded", "official"]
Licences: TypeAlias = Literal["any", "commercial"]


@dataclass(frozen=True, slots=True)
class ModelPreferences:
    """The settings that decide which models are used.

    `wanted` has the names that the user gave for a role, the default first; for other roles `origin` decides. With
    `licences` "commercial" only models that are free for commercial use are used.
    """

    weights_dir: Path
    origin: OriginChoice = "auto"
    licences: Licences = "any"
    wanted: Mapping[Role, tuple[str, ...]] = field(default_factory=dict)

    def refuses(self, model: ModelFile) -> bool:
        """Whether the licence setting excludes the model."""
        return self.licences == "commercial" and model.commercial_use != "yes"


def preferred(
    candidates: Sequence[ModelFile], preferences: ModelPreferences, allowed: Sequence[ModelFile]
) -> list[ModelFile]:
    """The models among one role's `allowed` that the origin setting asks for: one for each scale.

    Never a user's own model, nor one whose weights are only mixed into another's for less denoising.
    """
    mixed_in = {model.denoise_with for model in candidates}
    usual = [model for model in allowed if model.origin != "own" and model.name not in mixed_in]
    official = [model for model in usual if model.origin == "official"]
    if preferences.origin == "official":
        return first_of_each_scale(official)
    present = [model for model in official if installed(model, preferences.weights_dir)]
    embedded = [model for model in usual if model.origin == "embedded"]
    return first_of_each_scale(embedded if preferences.origin == "embedded" else [*present, *embedded])


def first_of_each_scale(models: Sequence[ModelFile]) -> list[ModelFile]:
    """The first of each scale, in order of scale. A user's own, whose scale is None, come first and all stay."""
    first = {model.scale: model for model in reversed(models)}
    ordered = sorted(models, key=lambda model: model.scale or 0)
    return [model for model in ordered if model.origin == "own" or model == first[model.scale]]


def is_usable(model: ModelFile, preferences: ModelPreferences) -> bool:
    """Whether a model is installed and the licence setting allows it."""
    return installed(model, preferences.weights_dir) and not preferences.refuses(model)


def is_offered(model: ModelFile, preferences: ModelPreferences) -> bool:
    """Whether a request may name a model that is not the default."""
    excluded = {"auto": (), "embedded": ("official",), "official": ("embedded",)}[preferences.origin]
    if preferences.refuses(model) or model.origin in excluded:
        return False
    return model.origin == "own" or installed(model, preferences.weights_dir)
