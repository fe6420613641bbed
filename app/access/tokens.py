"""Tokens (JWT, RFC 7519) that an issuer has signed and anybody can verify with its public key (RFC 8725)."""

import hashlib
import re
from pathlib import Path
from typing import Any, NamedTuple

import jwt

from app.access.errors import Unauthorized
from app.access.key_sources import FetchedKeys, KeySource, OneKey
from app.access.public_keys import read_pem

MAX_TOKEN = 8 * 1024  # characters
MAX_SUBJECT = 200

_FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*")
_NEEDED = ("exp", "sub", "aud", "iss")
_MALFORMED = "This token is malformed."
_REFUSALS: tuple[tuple[type[jwt.PyJWTError], str], ...] = (
    (jwt.ExpiredSignatureError, "This token has expired."),
    (jwt.ImmatureSignatureError, "This token is not valid yet."),
    (jwt.InvalidAudienceError, "This token is for another audience."),
    (jwt.InvalidIssuerError, "This token is from another issuer."),
    (jwt.InvalidSignatureError, "The signature of this token is wrong."),
)


class Holder(NamedTuple):
    """Who sent a token. `owner` has a colon, which no name of a key has; `shown` is a hash of it, for the log."""

    owner: str
    shown: str


class Tokens:
    """Verifies tokens for one audience, of one issuer. `leeway_s`: seconds that clocks may differ."""

    def __init__(self, keys: KeySource, *, audience: str, issuer: str, leeway_s: float) -> None:
        self._keys, self._audience, self._issuer, self._leeway_s = keys, audience, issuer, leeway_s

    async def holder(self, token: bytes) -> Holder:
        """Who sent this token. Raises `Unauthorized`, which shows nothing of it, and `TokensUnverifiable`."""
        text = token.decode("latin-1")
        if len(text) > MAX_TOKEN:
            raise Unauthorized(f"This token has more than {MAX_TOKEN} characters.")
        if _FORM.fullmatch(text) is None:
            raise Unauthorized(_MALFORMED)
        try:
            subject = await self._subject(text)
        except jwt.MissingRequiredClaimError as error:
            raise Unauthorized(f"This token has no {error.claim}.") from None
        except jwt.PyJWTError as error:
            raise Unauthorized(
                next((words for kind, words in _REFUSALS if isinstance(error, kind)), _MALFORMED)
            ) from None
        except (ValueError, TypeError, OverflowError, RecursionError):  # of JSON that PyJWT does not expect
            raise Unauthorized(_MALFORMED) from None
        owner = f"token:{subject}"
        return Holder(owner, f"token:{hashlib.sha256(subject.encode()).hexdigest()[:12]}")

    async def close(self) -> None:
        """Fetch no more keys."""
        await self._keys.close()

    async def _subject(self, token: str) -> str:
        header = jwt.get_unverified_header(token)
        if "crit" in header:
            raise Unauthorized("This token has extensions (crit), of which none is known here.")
        key = await self._keys.find(header.get("kid"))
        if key is None:
            raise Unauthorized("This token is signed with a key that is not known here.")
        algorithm = header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in key.algorithms:
            raise Unauthorized("This token is signed with an algorithm (alg) that is not accepted for its key.")
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=[algorithm],
            audience=self._audience,
            issuer=self._issuer,
            leeway=self._leeway_s,
            options={"require": list(_NEEDED)},
        )
        subject = claims["sub"]
        if not isinstance(subject, str) or not 1 <= len(subject) <= MAX_SUBJECT or not subject.isprintable():
            raise Unauthorized(f"The sub of this token is not a text of 1 to {MAX_SUBJECT} printable characters.")
        return subject


def open_tokens(jwks_url: str, key_file: Path | None, *, audience: str, issuer: str, leeway_s: float) -> Tokens:
    """Tokens that are verified with the key of a file, or with those at a URL. Raises `OSError` and `ValueError`."""
    keys: KeySource = FetchedKeys(jwks_url) if key_file is None else OneKey(read_pem(key_file.read_bytes()))
    return Tokens(keys, audience=audience, issuer=issuer, leeway_s=leeway_s)
