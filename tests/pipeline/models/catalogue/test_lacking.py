"""What a role without a model lacks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.models.catalogue.lacking import Lack, lack_of, lacks
from pipeline.models.catalogue.model_file import Archive, ModelFile
from pipeline.models.catalogue.preferences import ModelPreferences
from pipeline.models.catalogue.selection import choose
from tests.pipeline.models.table import FACES, TABLE, put, row

pytestmark = pytest.mark.usefixtures("embedded_dir")

EYE = row("eye", "perceptual", "official", archive=Archive("eye.safetensors", 9000, "0"))
MODELS = (*TABLE, EYE)
GLANCE = row("glance", "perceptual", "embedded")


def lacking(preferences: ModelPreferences, *more: ModelFile) -> dict[str, Lack]:
    return {lack.role: lack for lack in lacks(choose(preferences, (*MODELS, *more)), preferences)}


def test_the_command_brings_what_is_not_installed(weights_dir: Path) -> None:
    found = lacking(ModelPreferences(weights_dir))
    pull = "python -m app models pull"
    assert found == {
        "recogniser": Lack("recogniser", ("faces",), f"{pull} faces --accept-licences", bytes=7),
        "perceptual": Lack("perceptual", ("eye",), f"{pull} eye", bytes=9000),
    }


def test_a_role_with_a_model_lacks_nothing(weights_dir: Path) -> None:
    put(weights_dir, FACES, EYE)
    assert lacking(ModelPreferences(weights_dir)) == {}


def test_the_setting_that_stands_in_the_way_is_named_beside_the_command(weights_dir: Path) -> None:
    found = lacking(ModelPreferences(weights_dir, "embedded"))["perceptual"]
    assert (found.command, found.setting) == ("python -m app models pull eye", "LIKENESS_MODELS=embedded")


def test_what_the_licence_setting_refuses_has_no_command(weights_dir: Path) -> None:
    found = lacking(ModelPreferences(weights_dir, licences="commercial"))
    assert found["recogniser"] == Lack("recogniser", ("faces",), setting="LIKENESS_LICENCES=commercial")
    assert found["perceptual"].command == "python -m app models pull eye"


def test_what_ships_with_likeness_needs_another_setting_where_official_models_are_refused(
    weights_dir: Path, embedded_dir: Path
) -> None:
    put(embedded_dir, GLANCE)
    preferences = ModelPreferences(weights_dir, "official", licences="commercial")
    refused = replace(EYE, commercial_use="no")
    selection = replace(choose(ModelPreferences(weights_dir), (*TABLE, refused, GLANCE)), defaults={})
    expected = Lack("perceptual", ("glance",), setting="LIKENESS_MODELS=official", instead=("glance",))
    assert lack_of("perceptual", selection, preferences) == expected


@pytest.mark.parametrize(("more", "instead"), [((), ()), ((GLANCE,), ("glance",))])
def test_a_role_that_is_switched_off_says_so(
    more: tuple[ModelFile, ...], instead: tuple[str, ...], weights_dir: Path, embedded_dir: Path
) -> None:
    put(embedded_dir, *more)
    preferences = ModelPreferences(weights_dir, wanted={"perceptual": ("none",)})
    found = lacking(preferences, *(replace(model) for model in more))["perceptual"]
    assert found == Lack("perceptual", instead, setting="LIKENESS_PERCEPTUAL=none", instead=instead)
