"""Presets: which fields they set, and which models they prefer."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import get_args

import pytest

from app.options import OPTIONS, OutputOptions, PresetName
from app.presets import PRESETS, preset_fields
from pipeline.models.catalogue.preferences import ModelPreferences
from pipeline.models.catalogue.registry import REGISTRY
from pipeline.models.catalogue.selection import Selection, choose
from pipeline.options import SIZES

DEFAULTS = {option.name: option.default for option in OPTIONS}


@pytest.fixture
def embedded(tmp_path: Path) -> Selection:
    return choose(ModelPreferences(tmp_path, "embedded"))


def changed(preset: PresetName, selection: Selection, **given: object) -> dict[str, object]:
    values = {**DEFAULTS, "preset": preset, **given}
    found = {**values, **preset_fields(values, {"preset", *given}, selection)}
    return {name: value for name, value in found.items() if value != DEFAULTS[name] and name != "preset"}


def test_each_preset_has_a_row_and_sets_fields_that_there_are() -> None:
    assert set(PRESETS) == set(get_args(PresetName))
    known = {model.name for model in REGISTRY if model.role in ("restorer", "upscaler")}
    for preset in PRESETS.values():
        assert {*preset.fields, *preset.instead} <= set(DEFAULTS)
        assert {*preset.models} <= known


def test_balanced_is_the_default_and_changes_nothing(embedded: Selection) -> None:
    assert DEFAULTS["preset"] == "balanced"
    assert changed("balanced", embedded) == {}


def test_fast_leaves_out_metrics_and_the_network_where_none_is_smaller(embedded: Selection) -> None:
    assert changed("fast", embedded) == {"metrics": False, "background": "resample"}
    by_name = {model.name: model for model in REGISTRY}
    large = (by_name["realesrgan-x2plus"],)
    both = Selection(REGISTRY, {**embedded.defaults, "upscaler": large}, embedded.offered)
    assert changed("fast", both) == {"metrics": False}
    official = Selection(REGISTRY, both.defaults, {**embedded.offered, "upscaler": large})
    assert changed("fast", official) == {"metrics": False, "background": "resample"}


def test_best_asks_for_the_self_ensemble(embedded: Selection) -> None:
    assert changed("best", embedded) == {"self_ensemble": True}


def test_an_old_photo_is_restored_in_full_and_its_colours_are_corrected(embedded: Selection) -> None:
    assert changed("old_photo", embedded) == {"color_correction": "auto"}
    assert PRESETS["old_photo"].fields["strength"] == DEFAULTS["strength"]


def test_sharper_keeps_the_likeness_where_the_server_can_tell(embedded: Selection) -> None:
    assert changed("sharper", embedded) == {"strength": 0.65, "identity_policy": "protect"}
    unable = replace(embedded, defaults={**embedded.defaults, "recogniser": ()})
    assert changed("sharper", unable) == {"strength": 0.65}
    assert changed("sharper", unable, upscaler="compact-x4") == {"strength": 0.65, "upscaler": "compact-x4"}
    assert changed("sharper", embedded, strength=1.0, identity_policy="warn") == {}


def test_larger_leaves_faces_as_they_are_and_needs_none(embedded: Selection) -> None:
    assert changed("larger", embedded) == {"strength": 0, "require_face": False}


@pytest.mark.parametrize("name", ["old_photo", "sharper", "larger"])
def test_what_a_photo_needs_does_not_set_its_size_nor_its_file(name: PresetName, embedded: Selection) -> None:
    """Every photo that may be restored at all may be restored so."""
    of_file = {field.name for field in fields(OutputOptions)}
    assert not {*changed(name, embedded)} & {*SIZES, *of_file}


def test_a_field_that_is_given_goes_before_the_preset(embedded: Selection) -> None:
    assert changed("fast", embedded, metrics=True) == {"background": "resample"}
    assert changed("fast", embedded, background="upscale", metrics=True) == {}
    assert changed("best", embedded, self_ensemble=False, strength=0.5) == {"strength": 0.5}


def test_a_form_without_a_field_does_not_get_it(embedded: Selection) -> None:
    values = {"preset": "fast", "metrics": True}
    assert preset_fields(values, set(), embedded) == {"metrics": False}


@pytest.mark.parametrize("given", [{"upscaler": "compact-x4"}, {"denoise_strength": 0.5}, {"self_ensemble": True}])
def test_fast_does_not_take_the_effect_of_what_is_asked_of_an_upscaler(
    embedded: Selection, given: dict[str, object]
) -> None:
    assert changed("fast", embedded, **given) == {"metrics": False, **given}


def test_a_field_of_an_upscaler_with_its_default_asks_for_none(embedded: Selection) -> None:
    given = {"upscaler": None, "denoise_strength": 1.0, "self_ensemble": False}
    assert changed("fast", embedded, **given) == {"metrics": False, "background": "resample"}
