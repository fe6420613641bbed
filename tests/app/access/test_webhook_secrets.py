"""Secrets of webhooks: their form, and that no error shows one."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.access.webhook_secrets import MAX_BYTES, MIN_BYTES, parse_webhook_secrets


@given(st.lists(st.binary(min_size=MIN_BYTES, max_size=MAX_BYTES), max_size=3))
def test_secrets_are_separated_by_spaces(secrets: list[bytes]) -> None:
    text = "  ".join(f"whsec_{b64encode(secret).decode()}" for secret in secrets)
    assert parse_webhook_secrets(text) == tuple(secrets)


def test_padding_may_be_missing() -> None:
    assert parse_webhook_secrets("whsec_" + b64encode(b"s" * 25).decode().rstrip("=")) == (b"s" * 25,)


@pytest.mark.parametrize(
    "text",
    ["c4n4ry", "whsec_c4n4ry", "whsec_", "whsec_c4n4ry?" + "A" * 40, "c4n4ry" + "A" * 34, "whsec_c4n4ryß" + "A" * 40],
)
def test_another_text_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(ValueError, match="entry 1 is not whsec_") as caught:
        parse_webhook_secrets(text)
    assert "c4n4ry" not in str(caught.value)
