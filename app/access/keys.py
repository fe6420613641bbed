"""API keys. The server knows only their hashes."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

NAME = re.compile(r"[a-z0-9_-]{1,64}")

_DIGEST = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True)
class Keys:
    """The accepted keys, as name → SHA-256. Without any, no key is needed.

    A fast hash is enough: a key has 256 random bits and cannot be guessed, unlike a password.
    """

    digests: Mapping[str, bytes]

    def __bool__(self) -> bool:
        return bool(self.digests)

    def owner(self, key: bytes) -> str | None:
        """The name of the key, or None if it is unknown. Takes the same time for every key, known or not."""
        digest = hashlib.sha256(key).digest()
        found = None
        for name, known in self.digests.items():  # no early exit: the time would reveal which entry matched
            if hmac.compare_digest(digest, known):
                found = name
        return found


def parse_keys(text: str) -> Keys:
    """The keys of `name:sha256,name:sha256`. Raises `ValueError`, which shows no hash and no key written by mistake."""
    digests: dict[str, bytes] = {}
    for number, entry in enumerate(filter(None, map(str.strip, text.split(","))), start=1):
        name, _, digest = (part.strip() for part in entry.partition(":"))
        if not NAME.fullmatch(name) or not _DIGEST.fullmatch(digest):
            raise ValueError(
                f"entry {number} is not name:hash, a name of a-z, 0-9, _ and - and 64 hexadecimal digits;"
                " python -m app keys new NAME makes one"
            )
        if name in digests:
            raise ValueError(f"there are two keys named {name}")
        if bytes.fromhex(digest) in digests.values():
            raise ValueError(f"{name} has the same key as another name")
        digests[name] = bytes.fromhex(digest)
    return Keys(digests)


def new_key(name: str) -> tuple[str, str]:
    """A new key, and its entry for the setting: `name:sha256`."""
    key = secrets.token_urlsafe(32)
    return key, f"{name}:{hashlib.sha256(key.encode()).hexdigest()}"
