from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import ModelUnavailable
from pipeline.models.catalogue.model_file import ModelFile
from pipeline.models.catalogue.preferences import ModelPreferences, OriginChoice
from pipeline.models.catalogue.registry import REGISTRY
from pipeline.models.catalogue.selection import Selection, choose
from pipeline.models.roles import Role
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


def names(selection: Selection) -> dict[str, list[str]]:
    """The default models of each role that has any."""
    return {role: [model.name for model in models] for role, models in selection.defaults.items() if models}


def refusal(preferences: ModelPreferences, table: tuple[ModelFile, ...] = TABLE) -> str:
    with pytest.raises(ModelUnavailable) as caught:
        choose(preferences, table)
    assert caught.value.stage == "models"
    return caught.value.message


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


# --- models by name ----------------------------------------------------------------------------------------------


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
    # No note about models that the settings exclude for another reason.
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
    """A user's own model: its file and its line in the table exist."""
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
