"""Models that the settings name, licences that they refuse, and models of the user's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.models.catalogue.model_file import ModelFile
from pipeline.models.catalogue.preferences import ModelPreferences
from pipeline.models.catalogue.selection import choose
from pipeline.models.roles import Role
from tests.pipeline.models.catalogue.selections import names, refusal
from tests.pipeline.models.table import (
    BIG,
    BIGGER,
    FACES,
    FINE,
    SHARP,
    SIMPLE,
    SMALL,
    TABLE,
    TWICE,
    put,
    row,
)

pytestmark = pytest.mark.usefixtures("embedded_dir")


def test_named_models_are_taken_in_their_order_and_no_others(weights_dir: Path) -> None:
    put(weights_dir, BIG, BIGGER, FINE, SHARP)
    wanted: dict[Role, tuple[str, ...]] = {
        "restorer": ("bigger", "small"),
        "upscaler": ("fourfold",),
        "detector": ("simple",),
    }
    selection = choose(ModelPreferences(weights_dir, wanted=wanted), TABLE)
    assert selection.offered_names("restorer") == ["bigger", "small"]
    assert names(selection) == {"detector": ["simple"], "restorer": ["bigger"], "upscaler": ["fourfold"]}


def test_of_named_upscalers_the_first_of_each_scale_is_the_default(weights_dir: Path) -> None:
    put(weights_dir, FINE)
    selection = choose(ModelPreferences(weights_dir, wanted={"upscaler": ("fourfold", "fine", "twice")}), TABLE)
    assert names(selection)["upscaler"] == ["twice", "fourfold"]
    assert selection.offered_names("upscaler") == ["fourfold", "fine", "twice"]


def test_a_name_overrides_the_origin(weights_dir: Path) -> None:
    put(weights_dir, BIG, FINE, FACES)
    preferences = ModelPreferences(weights_dir, "official", wanted={"detector": ("simple",)})
    assert names(choose(preferences, TABLE))["detector"] == ["simple"]


def test_an_optional_role_may_stay_empty(weights_dir: Path) -> None:
    put(weights_dir, FACES)
    assert "recogniser" in names(choose(ModelPreferences(weights_dir), TABLE))
    assert "recogniser" not in names(choose(ModelPreferences(weights_dir, wanted={"recogniser": ("none",)}), TABLE))


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"restorer": ("bug",)}, ["LIKENESS_RESTORER", "no restorer bug", "small, big, bigger"]),
        ({"restorer": ("twice",)}, ["no restorer twice"]),
        ({"detector": ("none",)}, ["LIKENESS_DETECTOR", "no detector none"]),
        ({"detector": ("simple", "sharp")}, ["LIKENESS_DETECTOR takes one model"]),
        ({"restorer": ("big",)}, ["big: ", "is missing"]),
    ],
)
def test_names_that_cannot_be_had_stop_the_start(
    wanted: dict[Role, tuple[str, ...]], words: list[str], weights_dir: Path
) -> None:
    message = refusal(ModelPreferences(weights_dir, wanted=wanted))
    assert all(word in message for word in words)


def test_a_name_whose_licence_is_not_welcome_stops_the_start(weights_dir: Path) -> None:
    put(weights_dir, FACES)
    message = refusal(ModelPreferences(weights_dir, licences="commercial", wanted={"recogniser": ("faces",)}))
    assert "LIKENESS_RECOGNISER" in message
    assert "refuses faces (MIT, commercial use: no)" in message


# --- what is said about licences ---------------------------------------------------------------------------------


def test_it_is_said_what_stands_in_for_a_refused_model(weights_dir: Path) -> None:
    doubtful = replace(BIG, commercial_use="unclear", licence="unclear terms")
    table = (SMALL, doubtful, SIMPLE, TWICE, FINE, FACES)
    put(weights_dir, doubtful, FINE, FACES)
    notes = choose(ModelPreferences(weights_dir, licences="commercial"), table).notes
    assert notes == (
        "LIKENESS_LICENCES=commercial refuses big (unclear terms, commercial use: unclear): small will do as restorer.",
        "LIKENESS_LICENCES=commercial refuses faces (MIT, commercial use: no): identity is not measured.",
    )
    # Nothing is said of what was not wanted anyway.
    assert choose(ModelPreferences(weights_dir, "embedded", "commercial"), table).notes == ()
    quiet = ModelPreferences(weights_dir, "auto", "commercial", {"recogniser": ("none",), "restorer": ("small",)})
    assert choose(quiet, table).notes == ()
    assert choose(ModelPreferences(weights_dir), table).notes == ()


def test_official_and_commercial_together_say_what_would_stand_in(weights_dir: Path) -> None:
    table = (SMALL, replace(BIG, commercial_use="no"), SIMPLE, SHARP, FINE)
    put(weights_dir, *table[1:])
    message = refusal(ModelPreferences(weights_dir, "official", "commercial"), table)
    assert message == (
        "For the role restorer LIKENESS_LICENCES=commercial refuses big (MIT, commercial use: no); "
        "with LIKENESS_MODELS=auto small stands in."
    )


# --- models of one's own -----------------------------------------------------------------------------------------


@pytest.fixture
def own(weights_dir: Path) -> ModelFile:
    """A model of the user's own, in place and in the table."""
    model = row(
        "mine", "upscaler", "own", adapter="spandrel-upscaler", licence="CC0", bytes=None, file="mine.pth", scale=None
    )
    put(weights_dir, model)
    (weights_dir / "models.csv").write_text(f"path,sha256,licence,commercial_use\nmine.pth,{model.sha256},CC0,yes\n")
    return model


def test_own_models_are_offered_but_never_the_default(own: ModelFile, weights_dir: Path) -> None:
    for origin in ("auto", "embedded"):
        selection = choose(ModelPreferences(weights_dir, origin), TABLE)  # type: ignore[arg-type]
        assert names(selection)["upscaler"] == ["twice", "fourfold"]
        assert selection.offered_names("upscaler")[-1] == "mine"
        assert selection.known[-1] == own


def test_own_models_become_the_default_by_name(own: ModelFile, weights_dir: Path) -> None:
    selection = choose(ModelPreferences(weights_dir, wanted={"upscaler": ("mine", "twice")}), TABLE)
    assert names(selection)["upscaler"] == ["mine", "twice"]


def test_an_own_model_that_is_missing_or_wrong_stops_the_start(own: ModelFile, weights_dir: Path) -> None:
    put(weights_dir, own, data=b"contend")
    assert "mine: " in refusal(ModelPreferences(weights_dir))
    (weights_dir / "mine.pth").unlink()
    message = refusal(ModelPreferences(weights_dir))
    assert message.endswith("mine.pth is missing.")  # and no advice to download it


def test_an_own_model_cannot_take_anothers_name(weights_dir: Path) -> None:
    (weights_dir / "models.csv").write_text(f"path,sha256,licence\nbig.pth,{BIG.sha256},CC0\n")
    assert "already the name" in refusal(ModelPreferences(weights_dir))
