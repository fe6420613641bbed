"""Public keys: read from PEM and key sets; whatever is no public key for signatures is not accepted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.access.public_keys import MAX_KEYS, read_key_set, read_pem
from tests.app.access.issuer import KINDS, jwk, key_set, private_key, private_pem, public_pem


@pytest.mark.parametrize("kind", KINDS)
def test_a_pem_file_has_one_public_key(kind: str) -> None:
    found = read_pem(public_pem(private_key(kind)))
    assert KINDS[kind] in found.algorithms
    assert found.algorithms <= {"RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (private_pem(private_key()), "private key"),
        (public_pem(private_key()) + private_pem(private_key()), "private key"),
        (b"a shared secret", "no PEM file with exactly one public key"),
        (b"", "no PEM file with exactly one public key"),
        (public_pem(private_key()) * 2, "no PEM file with exactly one public key"),
        (public_pem(private_key())[:200], "its public key cannot be read"),
        (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "its public key cannot be read"),
        (public_pem(private_key("small")), "its RSA key has 1024 bits, and 2048 are the least"),
        (public_pem(private_key("p521")), "neither RSA nor Ed25519 nor on the curves"),
        (public_pem(private_key("secp256k1")), "neither RSA nor Ed25519 nor on the curves"),
    ],
)
def test_other_files_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_pem(data)


@given(st.binary(max_size=100))
def test_any_text_in_a_pem_is_read_or_refused(inner: bytes) -> None:
    with pytest.raises(ValueError, match=r"it is no PEM|private key|cannot be read"):
        read_pem(b"-----BEGIN PUBLIC KEY-----\n" + inner + b"\n-----END PUBLIC KEY-----\n")


def test_a_set_has_the_public_keys_for_signatures() -> None:
    private = jwk(key_id="private") | {"d": "AAAA"}
    usable = [jwk(kind, key_id=kind) for kind in KINDS]
    others: list[Any] = [
        private,
        {"kty": "oct", "k": "c2VjcmV0", "kid": "shared"},
        jwk(key_id="for encryption", use="enc"),
        jwk("small", key_id="small"),
        jwk("p521", key_id="p521"),
        jwk("rsa", key_id="shared secret", alg="HS256"),
        jwk("rsa", key_id="of another kind", alg="ES256"),
        {"kty": "RSA", "n": 7, "e": [], "kid": "damaged"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": ["RSA"]},
        {"kty": "RSA", "kid": 7},
        "text",
        None,
    ]
    assert [key.key_id for key in read_key_set(key_set(*others, *usable))] == list(KINDS)


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"\xff", b"[" * 100_000, b'{"keys": 7}', b'{"keys": []}', b'{"keys": [{"kty": "oct"}]}']
)
def test_what_is_no_set_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"no JSON|no public key"):
        read_key_set(data)


def test_a_set_is_read_up_to_a_number_of_keys() -> None:
    assert (
        len(read_key_set(key_set(*(jwk("ed25519", key_id=str(number)) for number in range(MAX_KEYS + 9))))) == MAX_KEYS
    )


VALUES = st.none() | st.integers() | st.text(max_size=8) | st.lists(st.integers(), max_size=2)
ENTRY = st.dictionaries(st.sampled_from(["kty", "n", "e", "crv", "x", "y", "kid", "alg", "use", "d"]), VALUES)


@given(st.sampled_from(["RSA", "EC", "OKP"]), st.sampled_from(["P-256", "Ed25519", "X25519", ""]), ENTRY)
def test_any_entry_is_passed_over(kind: str, curve: str, entry: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no public key"):
        read_key_set(json.dumps({"keys": [entry | {"kty": kind, "crv": curve}]}).encode())
