"""Presets: what `preset` sets of the fields that a request does not give, and which models it prefers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.options import PresetName
from pipeline.models.catalogue.selection import Selection
from pipeline.models.roles import Models


@dataclass(frozen=True, slots=True)
class Preset:
    """`fields`: name → value of those that the request does not give.

    `models`: names of restorers and upscalers, of which the first that is offered (of each scale) goes before the
    server's default. A model that the request names goes before both. `instead`: more fields, where the
    only upscalers among these models that the server offers are its defaults, so that they would change nothing. They
    do not apply to a request that wants something of an upscaler.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    instead: Mapping[str, Any] = field(default_factory=dict)


PRESETS: Mapping[PresetName, Preset] = {
    "fast": Preset(
        {"metrics": False}, ("portrait-face", "compact-x2", "compact-x4"), instead={"background": "resample"}
    ),
    "balanced": Preset(),
    "best": Preset({"self_ensemble": True}, ("gfpgan-v1.4", "gfpgan-v1.3", "realesrgan-x2plus", "realesrgan-x4plus")),
}


def preferred_models(name: PresetName, models: Models) -> Models:
    """The models with those of the preset as defaults, where they are offered."""
    return models.preferring(PRESETS[name].models)


def fields_of(name: PresetName, selection: Selection) -> dict[str, Any]:
    """Name → value of the fields that the preset sets on a server with these models."""
    preset = PRESETS[name]
    defaults = {model.name for model in selection.defaults["upscaler"]}
    others = {*preset.models} & {*selection.offered_names("upscaler")} - defaults
    return {**preset.fields, **({} if others else preset.instead)}


def preset_fields(values: Mapping[str, Any], given: Collection[str], selection: Selection) -> dict[str, Any]:
    """Name → value of the fields that `values["preset"]` sets: those of `values` that the request has not given."""
    name = values["preset"]
    fields = PRESETS[name].fields if _wants_upscaler(values) else fields_of(name, selection)
    return {field: value for field, value in fields.items() if field in values and field not in given}


def _wants_upscaler(values: Mapping[str, Any]) -> bool:
    """Whether the request has a field that only an upscaler follows: by plain resampling it would lose its effect."""
    plain = {"upscaler": None, "denoise_strength": 1, "self_ensemble": False}
    return any(values.get(name, value) != value for name, value in plain.items())
