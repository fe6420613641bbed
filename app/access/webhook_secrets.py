"""Secrets that sign webhooks, in the form that Standard Webhooks gives them."""

import binascii
from base64 import b64decode

PREFIX = "whsec_"
MIN_BYTES, MAX_BYTES = 24, 64


def parse_webhook_secrets(text: str) -> tuple[bytes, ...]:
    """The bytes of each `whsec_<base64>`; spaces separate several. Raises `ValueError`, which shows no secret."""
    return tuple(_parsed(entry, number) for number, entry in enumerate(text.split(), start=1))


def _parsed(entry: str, number: int) -> bytes:
    coded = entry.removeprefix(PREFIX)
    try:
        secret = b64decode(coded + "=" * (-len(coded) % 4), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if not entry.startswith(PREFIX) or not MIN_BYTES <= len(secret) <= MAX_BYTES:
        raise ValueError(
            f"entry {number} is not {PREFIX} and the base64 of {MIN_BYTES} to {MAX_BYTES} random bytes, such as"
            ' "whsec_$(openssl rand -base64 32)" makes'
        )
    return secret
