"""Form fields about identity: `identity_policy` and `identity_threshold`."""

from __future__ import annotations

import pytest

from tests.app.fakes import FakeModels
from tests.app.http.routes.dark_photo import DARK
from tests.app.server import serving


def test_identity_policy_warns_or_softens_or_keeps(fakes: FakeModels) -> None:
    fakes.restorer.paint = 1.0
    fakes.recogniser.fall = 1.0
    with serving(fakes) as server:
        warned = server.data(DARK, color_lock=False, identity_policy="warn")
        softened = server.data(DARK, color_lock=False, identity_policy="protect")
        fakes.recogniser.fall = 40.0
        kept = server.data(DARK, color_lock=False, identity_policy="protect")
    (face,) = warned["faces"]
    assert (face["action"], face["strength"]) == ("restored", 1.0)
    assert face["identity_similarity"] == warned["metrics"]["identity_similarity"] == pytest.approx(0, abs=0.01)
    assert "identity_low" in [warning["code"] for warning in warned["warnings"]]
    (face,) = softened["faces"]
    assert face["action"] == "softened"
    assert 0.5 <= face["strength"] <= 0.6
    assert face["identity_similarity"] >= 0.4
    assert softened["metrics"]["identity_similarity"] == face["identity_similarity"]
    assert "identity_protected" in [warning["code"] for warning in softened["warnings"]]
    (face,) = kept["faces"]
    assert (face["action"], face["strength"]) == ("kept", 0)
    assert face["reason"]
    assert kept["metrics"]["identity_similarity"] is None
    assert "no_face_restored" in [warning["code"] for warning in kept["warnings"]]


def test_protection_starts_from_the_strength_of_the_override(fakes: FakeModels) -> None:
    fakes.restorer.paint, fakes.recogniser.fall = 1.0, 1.0  # the similarity is high enough up to strength 0.6
    with serving(fakes) as server:
        found = [
            server.data(
                DARK, color_lock=False, strength=0, identity_policy="protect", face_overrides=f'{{"0": {strength}}}'
            )["faces"][0]
            for strength in (0.5, 0.9)
        ]
    assert [face["action"] for face in found] == ["restored", "softened"]
    assert found[0]["strength"] == 0.5
    assert 0.55 <= found[1]["strength"] <= 0.6


def test_identity_threshold_is_a_setting(fakes: FakeModels) -> None:
    fakes.restorer.paint = 1.0
    fakes.recogniser.fall = 1.0
    with serving(fakes, identity_threshold=-0.5) as server:
        (face,) = server.data(DARK, color_lock=False, identity_policy="protect")["faces"]
    assert face["action"] == "restored"


@pytest.mark.parametrize(("own", "action"), [(0.45, "restored"), (0.55, "softened")])
def test_the_default_threshold_is_the_recognisers(fakes: FakeModels, own: float, action: str) -> None:
    fakes.restorer.paint, fakes.recogniser.fall = 1.0, 0.5  # similarity 0.5
    fakes.recogniser.threshold = own
    with serving(fakes) as server:
        (face,) = server.data(DARK, color_lock=False, identity_policy="protect")["faces"]
    assert face["action"] == action


def test_the_form_field_precedes_the_setting_which_precedes_the_recognisers_threshold(fakes: FakeModels) -> None:
    fakes.restorer.paint, fakes.recogniser.fall = 1.0, 0.5  # similarity 0.5
    fakes.recogniser.threshold = 0.8
    with serving(fakes, identity_threshold=0.45) as server:
        by_setting = server.data(DARK, color_lock=False, identity_policy="protect")["faces"][0]
        by_field = server.data(DARK, color_lock=False, identity_policy="protect", identity_threshold=0.55)["faces"][0]
    assert (by_setting["action"], by_field["action"]) == ("restored", "softened")
    assert "0.55" in by_field["reason"]


def test_identity_threshold_is_a_form_field(fakes: FakeModels) -> None:
    fakes.restorer.paint, fakes.recogniser.fall = 1.0, 0.5  # similarity 0.5
    with serving(fakes) as server:
        actions = [
            server.enhance(DARK, color_lock=False, identity_policy="protect", identity_threshold=threshold).json()[
                "data"
            ]["faces"][0]
            for threshold in (0.45, 0.55)
        ]
    assert [face["action"] for face in actions] == ["restored", "softened"]
    assert "0.55" in actions[1]["reason"]
