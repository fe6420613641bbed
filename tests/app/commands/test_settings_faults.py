"""The sentences about wrong settings: each names its variable, and none shows a secret."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.commands.settings_faults import MAX_SHOWN, masked, sentences, wrong_names
from app.environment import variable_of
from app.settings import GivenSettings, Settings

CANARY = "c4n4ry"
SECRETS = [name for name, field in Settings.model_fields.items() if not field.repr]
NAME = st.sampled_from(
    [name for name in Settings.model_fields if not name.endswith("_dir")]
)  # folders are not looked for
TEXT = st.text(st.characters(exclude_characters="\0"), max_size=30)


def test_the_settings_that_may_hold_a_secret_are_known() -> None:
    of_jobs = {"database_url", "objects_url", "broker_url", "webhook_secret"}
    assert set(SECRETS) == of_jobs | {"jwks_url", "models_mirror", "api_keys", "rate_limit_storage"}


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("slot", "", "LIKENESS_SLOT: there is no such setting; the nearest name is LIKENESS_SLOTS."),
        ("drain_s", "1e30", "LIKENESS_DRAIN_S: Input should be less than or equal to 3600 (it is '1e30')."),
        ("web_dir", __file__, f"LIKENESS_WEB_DIR: {__file__} is not a folder (it is '{__file__}')."),
        (
            "host",
            "redis://:c4n4ry@cache",
            "LIKENESS_HOST: it is neither an IP address nor the name of a host (it is 'redis://***@cache').",
        ),
        (
            "cors_origins",
            "https://user:c4n4ry@app.example.org",
            "LIKENESS_CORS_ORIGINS: https://***@app.example.org is not an origin, http(s)://host or http(s)://host:port"
            " without a path; * is one only if it stands alone (it is 'https://***@app.example.org').",
        ),
        (
            "models_mirror",
            "c4n4ry",
            "LIKENESS_MODELS_MIRROR: it is no http or https address such as https://mirror.example.org/models.",
        ),
    ],
    ids=lambda value: value if value in Settings.model_fields else "",
)
def test_a_sentence_names_the_variable_and_the_reason(name: str, text: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        GivenSettings.model_validate({name: text})
    assert sentences(caught.value) == [sentence]
    assert wrong_names(caught.value) == {name}


@given(st.dictionaries(NAME, TEXT, min_size=1))
def test_no_text_raises_another_error_and_each_wrong_one_has_a_sentence(given_texts: dict[str, str]) -> None:
    try:
        GivenSettings.model_validate(given_texts)
    except ValidationError as error:
        told, wrong = sentences(error), wrong_names(error)
    else:
        told, wrong = [], set()
    assert wrong <= set(given_texts)
    assert [sentence.partition(":")[0] for sentence in told] == [
        variable_of(name) for name in Settings.model_fields if name in wrong
    ]
    assert all(sentence.isprintable() and sentence.endswith(".") for sentence in told)


@given(st.sampled_from(SECRETS), TEXT, TEXT)
def test_a_wrong_secret_is_never_shown(name: str, before: str, after: str) -> None:
    try:
        GivenSettings.model_validate({name: before + CANARY + after})
    except ValidationError as error:
        assert CANARY not in "".join(sentences(error))  # noqa: PT017 # it need not be wrong
        assert CANARY not in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("60/minute", "60/minute"),
        (f"shop:{'0A' * 32}, lab:{'0b' * 32}", "shop:***, lab:***"),
        ("whsec_c2VjcmV0, whsec_b", "*** ***"),
        ("redis://:word@cache:6379/1", "redis://***@cache:6379/1"),
        ("https://user:w/o@r:d@mirror/a", "https://***@mirror/a"),
        ("redis://:wo\nrd@cache", "redis://***@cache"),
        ("Zürich", "Zürich"),
        ("a\x1b[31m\nb", "a\\x1b[31m\\nb"),
        ("\udcff", "\\udcff"),
        ("x" * (MAX_SHOWN + 1), "x" * MAX_SHOWN + "…"),
    ],
)
def test_a_shown_value_has_no_password_no_hash_and_no_control_sign(text: str, shown: str) -> None:
    assert masked(text) == shown
