"""Signatures are those that the library of Standard Webhooks verifies."""

from __future__ import annotations

import re
import time
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from app.access.webhook_secrets import parse_webhook_secrets
from jobs.webhooks.signature import signed_headers

OLD, NEW, OTHER = (f"whsec_{b64encode(letter * 32).decode()}" for letter in (b"o", b"n", b"x"))


def signed(body: bytes, secrets: str, sent_at: float | None = None) -> dict[str, str]:
    now = time.time() if sent_at is None else sent_at
    return dict(signed_headers("018f", int(now), body, parse_webhook_secrets(secrets)))


@given(st.text(max_size=50), st.binary(min_size=24, max_size=64))
def test_a_receiver_verifies_the_message(text: str, secret: bytes) -> None:
    coded = f"whsec_{b64encode(secret).decode()}"
    body = text.encode("utf-8", "replace")
    Webhook(coded).verify(body, signed(body, coded), json_parse=False)


def test_both_secrets_sign_while_one_replaces_the_other() -> None:
    headers = signed(b"{}", f"{OLD} {NEW}")
    for secret in (OLD, NEW):
        assert Webhook(secret).verify(b"{}", headers) == {}
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(b"{}", headers)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp"])
def test_what_is_signed_cannot_be_changed(name: str) -> None:
    headers = signed(b"{}", OLD)
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(b"[]", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(b"{}", {**headers, name: str(int(time.time()) - 1)})


def test_an_old_message_is_refused_by_its_receiver() -> None:
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(OLD).verify(b"{}", signed(b"{}", OLD, time.time() - 3600))


def test_the_example_of_the_document_verifies() -> None:
    text = (Path(__file__).parents[3] / "docs" / "jobs.md").read_text(encoding="utf-8")
    (example,) = [code for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "webhook-signature" in code]
    names: dict[str, Any] = {}
    exec(example, names)
    headers = signed(b"{}", f"{OLD} {NEW}")
    assert names["is_genuine"](headers, b"{}", OLD)
    assert names["is_genuine"](headers, b"{}", NEW)
    assert not names["is_genuine"](headers, b"{}", OTHER)
    assert not names["is_genuine"](headers, b"[]", OLD)
    assert not names["is_genuine"](signed(b"{}", OLD, time.time() - 3600), b"{}", OLD)
