"""Signed messages, by Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA256 of id, time and body."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Sequence


def signed_headers(message_id: str, sent_at: int, body: bytes, secrets: Sequence[bytes]) -> list[tuple[str, str]]:
    """The headers by which a receiver knows who has sent the body, and when (`sent_at`, seconds since 1970).

    Each of the secrets signs: so one can be replaced by another while receivers still know either.
    """
    content = b".".join((message_id.encode(), str(sent_at).encode(), body))
    signatures = (b64encode(hmac.digest(secret, content, hashlib.sha256)).decode() for secret in secrets)
    return [
        ("webhook-id", message_id),
        ("webhook-timestamp", str(sent_at)),
        ("webhook-signature", " ".join(f"v1,{signature}" for signature in signatures)),
    ]
