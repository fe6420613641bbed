"""Public keys that verify tokens: read from a PEM file, or from a JSON Web Key Set (RFC 7517)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from jwt.exceptions import InvalidKeyError

MAX_KEYS = 100  # of a set; the others are not looked at
MIN_RSA_BITS = 2048

PublicKey: TypeAlias = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey

_READERS: Mapping[str, type[RSAAlgorithm | ECAlgorithm | OKPAlgorithm]] = {
    "RSA": RSAAlgorithm,
    "EC": ECAlgorithm,
    "OKP": OKPAlgorithm,
}  # not "oct": that is a shared secret


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A public key, and the algorithms that are accepted for it, which its own type decides and no token."""

    key: PublicKey
    algorithms: frozenset[str]
    key_id: str | None = None


def read_pem(data: bytes) -> VerifyingKey:
    """The one public key of a PEM file. Raises `ValueError`, with a sentence that shows nothing of the file."""
    if b"PRIVATE KEY-----" in data:
        raise ValueError("it has a private key, which only the issuer of the tokens may have; give the public one")
    if data.count(b"-----BEGIN ") != 1 or b"PUBLIC KEY-----" not in data:
        raise ValueError("it is no PEM file with exactly one public key (-----BEGIN PUBLIC KEY-----)")
    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("its public key cannot be read") from None
    return VerifyingKey(*_accepted(key))


def read_key_set(data: bytes) -> tuple[VerifyingKey, ...]:
    """The keys of a JSON Web Key Set that can verify a token. Raises `ValueError` if there are none."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise ValueError("it is no JSON") from None
    entries = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(entries, list):
        raise ValueError("it is no JSON Web Key Set")
    keys = tuple(key for entry in entries[:MAX_KEYS] if (key := _read_entry(entry)) is not None)
    if not keys:
        raise ValueError("it has no public key for signatures that is accepted here")
    return keys


def _read_entry(entry: Any) -> VerifyingKey | None:
    """A key of a set; None for one that cannot verify a token here, such as a private or a shared one."""
    if not isinstance(entry, Mapping) or "d" in entry or entry.get("use", "sig") != "sig":
        return None
    kind, key_id, only = entry.get("kty"), entry.get("kid"), entry.get("alg")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None or not isinstance(key_id, str | None) or not isinstance(only, str | None):
        return None
    try:
        key, algorithms = _accepted(reader.from_jwk(dict(entry)))
    except (InvalidKeyError, UnsupportedAlgorithm, ValueError, TypeError, AttributeError, KeyError):
        return None
    algorithms = algorithms if only is None else algorithms & {only}
    return VerifyingKey(key, algorithms, key_id) if algorithms else None


def _accepted(key: object) -> tuple[PublicKey, frozenset[str]]:
    """The key, and the algorithms for its type. Raises `ValueError` for a type that is not accepted."""
    if isinstance(key, RSAPublicKey):
        if key.key_size < MIN_RSA_BITS:
            raise ValueError(f"its RSA key has {key.key_size} bits, and {MIN_RSA_BITS} are the least")
        return key, frozenset({"RS256", "RS384", "RS512", "PS256"})
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return key, frozenset({"ES256"})
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP384R1):
        return key, frozenset({"ES384"})
    if isinstance(key, Ed25519PublicKey):
        return key, frozenset({"EdDSA"})
    raise ValueError("its key is neither RSA nor Ed25519 nor on the curves P-256 and P-384")
