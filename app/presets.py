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
    do not apply to a request that wants something of an upscaler. `with_recogniser`: more fields, where the server
    can tell whether a face is the same person.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    instead: Mapping[str, Any] = field(default_factory=dict)
    with_recogniser: Mapping[str, Any] = field(default_factory=dict)


PRESETS: Mapping[PresetName, Preset] = {
    "fast": Preset(
        {"metrics": False}, ("portrait-face", "compact-x2", "compact-x4"), instead={"background": "resample"}
    ),
    "balanced": Preset(),
    "best": Preset({"self_ensemble": True}, ("gfpgan-v1.4", "gfpgan-v1.3", "realesrgan-x2plus", "realesrgan-x4plus")),
    # What a photo needs, in a person's words; the page offers them as its three ways to begin. None sets the size: at
    # ×4 a large photo would go over the server's limit.
    "old_photo": Preset({"strength": 1.0, "color_correction": "auto"}),
    # `portrait-face` invents least; of seven photos that were made a little soft, its faces were nearest to the true
    # ones between 0.5 and 0.8.
    "sharper": Preset({"strength": 0.65}, ("portrait-face",), with_recogniser={"identity_policy": "protect"}),
    "larger": Preset({"strength": 0.0, "require_face": False}),
}


def preferred_models(name: PresetName, models: Models) -> Models:
    """The models with those of the preset as defaults, where they are offered."""
    return models.preferring(PRESETS[name].models)


def fields_of(name: PresetName, selection: Selection) -> dict[str, Any]:
    """Name → value of the fields that the preset sets on a server with these models."""
    preset = PRESETS[name]
    defaults = {model.name for model in selection.defaults["upscaler"]}
    others = {*preset.models} & {*selection.offered_names("upscaler")} - defaults
    return {**_plain_fields(preset, selection), **({} if others else preset.instead)}


def preset_fields(values: Mapping[str, Any], given: Collection[str], selection: Selection) -> dict[str, Any]:
    """Name → value of the fields that `values["preset"]` sets: those of `values` that the request has not given."""
    name = values["preset"]
    fields = _plain_fields(PRESETS[name], selection) if _wants_upscaler(values) else fields_of(name, selection)
    return {field: value for field, value in fields.items() if field in values and field not in given}


def _plain_fields(preset: Preset, selection: Selection) -> dict[str, Any]:
    """The fields of a preset, whatever the upscalers."""
    return {**preset.fields, **({} if selection.recogniser is None else preset.with_recogniser)}


def _wants_upscaler(values: Mapping[str, Any]) -> bool:
    """Whether the request has a field that only an upscaler follows: by plain resampling it would lose its effect."""
    plain = {"upscaler": None, "denoise_strength": 1, "self_ensemble": False}
    return any(values.get(name, value) != value for name, value in plain.items())
