from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.models.catalogue.preferences import ModelPreferences, OriginChoice
from pipeline.models.catalogue.registry import REGISTRY
from pipeline.models.catalogue.selection import choose
from tests.pipeline.models.catalogue.selections import names, refusal
from tests.pipeline.models.table import (
    BIG,
    BIGGER,
    FACES,
    FINE,
    FOURFOLD,
    SHARP,
    SIMPLE,
    SMALL,
    TABLE,
    TWICE,
    put,
    row,
)

pytestmark = pytest.mark.usefixtures("embedded_dir")

EMBEDDED_ONLY = {"detector": ["simple"], "restorer": ["small"], "upscaler": ["twice", "fourfold"]}


def test_auto_without_downloads_takes_the_embedded_models(weights_dir: Path) -> None:
    assert names(choose(ModelPreferences(weights_dir), TABLE)) == EMBEDDED_ONLY


def test_auto_takes_the_official_models_that_are_there(weights_dir: Path) -> None:
    put(weights_dir, BIGGER, FINE, FACES)
    assert names(choose(ModelPreferences(weights_dir), TABLE)) == {
        "detector": ["simple"],
        "restorer": ["bigger"],
        "upscaler": ["twice", "fine"],
        "recogniser": ["faces"],
    }


def test_the_recogniser_in_use(weights_dir: Path) -> None:
    assert choose(ModelPreferences(weights_dir), TABLE).recogniser is None
    put(weights_dir, FACES)
    assert choose(ModelPreferences(weights_dir), TABLE).recogniser == FACES
    assert choose(ModelPreferences(weights_dir, wanted={"recogniser": ("none",)}), TABLE).recogniser is None


def test_the_first_official_model_of_the_table_comes_first(weights_dir: Path) -> None:
    put(weights_dir, BIG, BIGGER)
    assert names(choose(ModelPreferences(weights_dir), TABLE))["restorer"] == ["big"]


def test_embedded_insists_also_where_official_models_are_there(weights_dir: Path) -> None:
    put(weights_dir, BIG, FINE, SHARP)
    assert names(choose(ModelPreferences(weights_dir, "embedded"), TABLE)) == EMBEDDED_ONLY


def test_official_takes_the_official_models(weights_dir: Path) -> None:
    put(weights_dir, BIG, FINE, SHARP, FACES)
    assert names(choose(ModelPreferences(weights_dir, "official"), TABLE)) == {
        "detector": ["sharp"],
        "restorer": ["big"],
        "upscaler": ["fine"],
        "recogniser": ["faces"],
    }


def test_official_names_every_file_that_is_missing(weights_dir: Path) -> None:
    message = refusal(ModelPreferences(weights_dir, "official"))
    for model in (SHARP, BIG, FINE, FACES):
        assert f"{model.name}: {weights_dir / model.file} is missing." in message
    for model in (SMALL, TWICE, FOURFOLD, SIMPLE):
        assert model.name not in message


def test_official_names_missing_and_wrong_files_together(weights_dir: Path) -> None:
    put(weights_dir, BIG, data=b"CONTENT")
    put(weights_dir, SHARP)
    message = refusal(ModelPreferences(weights_dir, "official"))
    assert "big: " in message
    assert "SHA-256" in message
    assert "fine: " in message
    assert "sharp: " not in message


def test_official_names_every_required_role_for_which_there_is_none(weights_dir: Path) -> None:
    message = refusal(ModelPreferences(weights_dir, "official"), (SMALL, SIMPLE, FINE))
    assert "detector" in message
    assert "restorer" in message
    assert "fine: " in message
    assert "role upscaler" not in message


def test_commercial_licences_refuse_all_but_a_plain_yes(weights_dir: Path) -> None:
    doubtful, forbidden = replace(BIG, commercial_use="unclear"), replace(SHARP, commercial_use="no")
    table = (SMALL, doubtful, SIMPLE, forbidden, TWICE, FINE, FACES)
    put(weights_dir, *table[1:2], *table[3:4], FINE, FACES)
    assert names(choose(ModelPreferences(weights_dir), table)) == {
        "detector": ["sharp"],
        "restorer": ["big"],
        "upscaler": ["twice", "fine"],
        "recogniser": ["faces"],
    }
    assert names(choose(ModelPreferences(weights_dir, licences="commercial"), table)) == {
        "detector": ["simple"],
        "restorer": ["small"],
        "upscaler": ["twice", "fine"],
    }


def test_commercial_licences_that_leave_required_roles_empty_are_an_error(weights_dir: Path) -> None:
    table = (replace(BIG, commercial_use="no"), replace(SHARP, commercial_use="unclear"), TWICE)
    put(weights_dir, *table[:2])
    message = refusal(ModelPreferences(weights_dir, licences="commercial"), table)
    assert "restorer" in message
    assert "detector" in message
    assert "commercial" in message
    assert "upscaler" not in message


def test_a_wrong_embedded_file_stops_the_start(weights_dir: Path, embedded_dir: Path) -> None:
    put(embedded_dir, TWICE, data=b"contend")
    assert "twice: " in refusal(ModelPreferences(weights_dir))


def test_a_wrong_official_file_is_not_silently_replaced_by_the_embedded_one(weights_dir: Path) -> None:
    put(weights_dir, BIG, data=b"contend")
    assert "big: " in refusal(ModelPreferences(weights_dir, "auto"))


def test_the_models_that_ship_can_be_chosen_from_the_real_table(
    weights_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    found = names(choose(ModelPreferences(weights_dir)))
    assert found == names(choose(ModelPreferences(weights_dir, "embedded")))
    assert found == names(choose(ModelPreferences(weights_dir, licences="commercial")))
    assert {"detector", "restorer", "upscaler"} <= set(found)
    official = {model.name for model in REGISTRY if model.origin == "official"}
    assert official.isdisjoint(name for group in found.values() for name in group)


# --- what a request may ask for ----------------------------------------------------------------------------------


def test_what_else_is_installed_may_be_asked_for(weights_dir: Path) -> None:
    put(weights_dir, BIG, BIGGER, FINE)
    selection = choose(ModelPreferences(weights_dir), TABLE)
    assert selection.offered_names("restorer") == ["big", "small", "bigger"]
    assert selection.offered_names("upscaler") == ["twice", "fine", "fourfold"]
    assert selection.offered_names("detector") == ["simple"]


@pytest.mark.parametrize(
    ("origin", "restorers"), [("embedded", ["small"]), ("official", ["big", "bigger"]), ("auto", ["big", "small"])]
)
def test_what_the_preference_excludes_is_not_offered(
    origin: OriginChoice, restorers: list[str], weights_dir: Path
) -> None:
    put(weights_dir, BIG, SHARP, FINE, FACES)
    if origin == "official":
        put(weights_dir, BIGGER)
    assert choose(ModelPreferences(weights_dir, origin), TABLE).offered_names("restorer") == restorers


def test_a_wrong_file_that_would_be_offered_stops_the_start(weights_dir: Path) -> None:
    put(weights_dir, BIG)
    put(weights_dir, BIGGER, data=b"contend")
    assert "bigger: " in refusal(ModelPreferences(weights_dir))


def test_a_twin_that_is_installed_comes_along(weights_dir: Path) -> None:
    adjustable = replace(FINE, denoise_with="twin")
    twin = row("twin", "upscaler", "official", scale=4)
    table = (SIMPLE, SMALL, TWICE, adjustable, twin)
    put(weights_dir, adjustable)
    assert choose(ModelPreferences(weights_dir), table).denoise_with == {}
    put(weights_dir, twin)
    assert choose(ModelPreferences(weights_dir), table).denoise_with == {"fine": twin}
    put(weights_dir, twin, data=b"contend")
    assert "twin: " in refusal(ModelPreferences(weights_dir, wanted={"upscaler": ("fine",)}), table)


def test_a_twin_is_never_the_default_by_itself(weights_dir: Path) -> None:
    adjustable = replace(FINE, denoise_with="twin")
    table = (SIMPLE, SMALL, TWICE, FOURFOLD, SHARP, BIG, adjustable, row("twin", "upscaler", "official", scale=4))
    put(weights_dir, table[-1], SHARP, BIG)
    selection = choose(ModelPreferences(weights_dir), table)
    assert names(selection)["upscaler"] == ["twice", "fourfold"]
    assert selection.offered_names("upscaler")[-1] == "twin"
    assert "fine: " in refusal(ModelPreferences(weights_dir, "official"), table)


def test_official_insists_on_the_first_and_names_what_could_be_named_instead(weights_dir: Path) -> None:
    put(weights_dir, BIGGER, SHARP, FINE, FACES)
    lines = refusal(ModelPreferences(weights_dir, "official")).splitlines()
    assert lines == [
        f"big: {weights_dir / BIG.file} is missing.",
        "Instead of big LIKENESS_RESTORER may name bigger.",
        "`python -m app models pull big` downloads what is missing or wrong.",
    ]
    assert names(choose(ModelPreferences(weights_dir, "official", wanted={"restorer": ("bigger",)}), TABLE))[
        "restorer"
    ] == ["bigger"]
