"""Tokens: good ones name their owner; every other one is refused with a sentence that shows nothing of it."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.access.errors import Unauthorized
from app.access.key_sources import OneKey
from app.access.public_keys import VerifyingKey, read_key_set, read_pem
from app.access.tokens import MAX_TOKEN, Holder, Tokens
from tests.app.access.issuer import (
    AUDIENCE,
    ISSUER,
    KINDS,
    claims,
    handmade,
    jwk,
    key_set,
    private_key,
    public_pem,
    token,
)

MALFORMED = "This token is malformed."
WRONG = "The signature of this token is wrong."
UNFIT = "This token is signed with an algorithm (alg) that is not accepted for its key."
SUBJECT = "The sub of this token is not a text of 1 to 200 printable characters."


def tokens(kind: str = "rsa", leeway_s: float = 60) -> Tokens:
    key = read_pem(public_pem(private_key(kind)))
    return Tokens(OneKey(key), audience=AUDIENCE, issuer=ISSUER, leeway_s=leeway_s)


def holder(text: str | bytes, kind: str = "rsa", **options: Any) -> Holder:
    return asyncio.run(tokens(kind, **options).holder(text.encode() if isinstance(text, str) else text))


def refusal(text: str | bytes, kind: str = "rsa", **options: Any) -> str:
    with pytest.raises(Unauthorized) as caught:
        holder(text, kind, **options)
    return caught.value.message


@pytest.mark.parametrize("kind", KINDS)
def test_the_owner_of_a_good_token_is_its_subject(kind: str) -> None:
    assert holder(token(kind), kind).owner == "token:ada@example.org"


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "PS256"])
def test_an_rsa_key_has_several_algorithms(algorithm: str) -> None:
    assert holder(token(alg=algorithm)).owner == "token:ada@example.org"


def test_the_log_shows_a_hash_of_the_subject() -> None:
    shown = [holder(token(sub=subject)).shown for subject in ("ada@example.org", "ada@example.org", "ben")]
    assert shown[0] == shown[1] != shown[2]
    assert "ada" not in shown[0]
    assert len(shown[0]) == len("token:") + 12


def test_the_audience_may_be_one_of_several() -> None:
    assert holder(token(aud=["others", AUDIENCE])).owner == "token:ada@example.org"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"exp": int(time.time()) - 120}, "This token has expired."),
        ({"nbf": int(time.time()) + 600}, "This token is not valid yet."),
        ({"iat": int(time.time()) + 600}, "This token is not valid yet."),
        ({"aud": "another"}, "This token is for another audience."),
        ({"aud": [AUDIENCE.upper()]}, "This token is for another audience."),
        ({"iss": f"{ISSUER}/"}, "This token is from another issuer."),
        ({"exp": None}, "This token has no exp."),
        ({"sub": None}, "This token has no sub."),
        ({"aud": None}, "This token has no aud."),
        ({"iss": None}, "This token has no iss."),
        ({"sub": ""}, SUBJECT),
        ({"sub": "x" * 201}, SUBJECT),
        ({"sub": "ada\n"}, SUBJECT),
        ({"sub": "ada\0"}, SUBJECT),
        ({"sub": "\ud800"}, SUBJECT),
        ({"exp": "soon"}, MALFORMED),
        ({"exp": float("inf")}, MALFORMED),
        ({"exp": float("nan")}, MALFORMED),
        ({"exp": [1]}, MALFORMED),
        ({"nbf": float("inf")}, MALFORMED),
        ({"aud": 7}, "This token is for another audience."),
        ({"iss": 7}, "This token is from another issuer."),
    ],
)
def test_claims_that_are_refused(changes: dict[str, Any], sentence: str) -> None:
    assert refusal(token(**changes)) == sentence


def test_a_subject_that_is_no_text() -> None:
    assert refusal(_signed(json.dumps(claims(sub=7)).encode())) == MALFORMED


def _signed(payload: bytes) -> str:
    return jwt.api_jws.encode(payload, private_key(), "RS256")


@pytest.mark.parametrize("payload", [b"", b"[]", b"7", b"\xff", b"[" * 3000, b'{"exp": 1' + b"0" * 4990 + b"}"])
def test_signed_payloads_that_are_no_claims(payload: bytes) -> None:
    assert refusal(_signed(payload)) == MALFORMED


def test_clocks_may_differ_by_the_leeway() -> None:
    late = token(exp=int(time.time()) - 30)
    assert holder(late).owner == "token:ada@example.org"
    assert refusal(late, leeway_s=10) == "This token has expired."


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, 7, [], ["RS256"], {}])
def test_a_token_without_a_signature_is_refused(algorithm: Any) -> None:
    assert refusal(handmade({"alg": algorithm}, claims())) == UNFIT
    assert refusal(handmade({}, claims())) == UNFIT


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512", "RS256"])
def test_the_public_key_is_no_shared_secret(algorithm: str) -> None:
    """The key confusion of RS256 and HS256: the attacker signs with the public key, which everybody has."""
    forged = handmade({"alg": algorithm, "typ": "JWT"}, claims(), secret=public_pem(private_key()))
    assert refusal(forged) == (WRONG if algorithm == "RS256" else UNFIT)


@pytest.mark.parametrize(("kind", "other"), [("rsa", "p256"), ("p256", "rsa"), ("p256", "p384"), ("p384", "ed25519")])
def test_an_algorithm_that_does_not_fit_the_key_is_refused(kind: str, other: str) -> None:
    assert refusal(token(other), kind) == UNFIT


@pytest.mark.parametrize("algorithm", ["PS384", "PS512", "ES512", "ES256K"])
def test_algorithms_that_are_not_accepted(algorithm: str) -> None:
    kind = {"ES512": "p521", "ES256K": "secp256k1"}.get(algorithm, "rsa")
    assert refusal(token(kind, alg=algorithm)) == UNFIT


def test_a_key_of_a_set_may_be_for_one_algorithm_only() -> None:
    (key,) = read_key_set(key_set(jwk(alg="RS512")))
    only = Tokens(OneKey(key), audience=AUDIENCE, issuer=ISSUER, leeway_s=0)
    assert asyncio.run(only.holder(token(alg="RS512").encode())).owner == "token:ada@example.org"
    with pytest.raises(Unauthorized, match="not accepted for its key"):
        asyncio.run(only.holder(token(alg="RS256").encode()))


def test_a_token_of_another_key_is_refused() -> None:
    assert refusal(token(number=1)) == WRONG


def test_a_key_in_the_token_is_not_believed() -> None:
    own = jwk(number=1)
    assert refusal(token(number=1, headers={"jwk": own, "jku": "https://evil.example/keys"})) == WRONG


@pytest.mark.parametrize("crit", [["b64"], ["exp"], [], "b64", None])
def test_extensions_are_refused(crit: Any) -> None:
    header = {"alg": "RS256", "crit": crit}
    assert refusal(handmade(header, claims())) in (
        "This token has extensions (crit), of which none is known here.",
        MALFORMED,
    )
    assert refusal(handmade({**header, "b64": False}, b"")) != ""


def test_a_changed_token_is_refused() -> None:
    head, body, signature = token().split(".")
    other = handmade({}, claims(sub="root")).split(".")[1]
    assert refusal(f"{head}.{other}.{signature}") == WRONG
    assert refusal(f"{head}.{body}.{signature[:-8]}") in (WRONG, MALFORMED)
    assert refusal(f"{head}.{body}.") == WRONG
    for spelling in (f" {head}.{body}.{signature}", f"{head}.{body}.{signature}=", f"{head}.{body}.{signature}\n"):
        assert refusal(spelling) == MALFORMED


def test_a_token_may_have_8_kilobytes() -> None:
    padding = MAX_TOKEN - len(token(note=""))
    largest = next(text for size in range(padding * 3 // 4, 0, -1) if len(text := token(note="x" * size)) <= MAX_TOKEN)
    assert len(largest) > MAX_TOKEN - 4
    assert holder(largest).owner == "token:ada@example.org"
    assert refusal("a" * MAX_TOKEN + ".b.c") == f"This token has more than {MAX_TOKEN} characters."


@given(
    st.one_of(st.binary(max_size=200), st.from_regex(rb"[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,60}"))
)
def test_any_bytes_are_refused(data: bytes) -> None:
    assert refusal(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
HEADER = st.dictionaries(st.sampled_from(["alg", "kid", "crit", "b64", "typ", "jwk"]), JSON | st.just("RS256"))
CLAIMS = st.dictionaries(st.sampled_from(["exp", "sub", "aud", "iss", "nbf", "iat", "jti"]), JSON, min_size=1)


@given(HEADER | JSON, CLAIMS | JSON)
def test_any_header_and_claims_without_a_signature_are_refused(header: Any, payload: Any) -> None:
    assert refusal(handmade(header, payload))


@given(CLAIMS)
def test_any_signed_claims_are_refused_or_have_an_owner(changes: dict[str, Any]) -> None:
    """The issuer is trusted, but what it writes must never be an error of this server."""
    signed = _signed(json.dumps({**claims(), **changes}).encode())
    try:
        found = asyncio.run(tokens().holder(signed.encode()))
    except Unauthorized:
        return
    assert found.owner == f"token:{changes.get('sub', 'ada@example.org')}"


def test_deep_headers_are_refused() -> None:
    assert refusal(handmade(b'{"alg":' + b"[" * 4000, {})) == MALFORMED
    assert refusal(handmade(b"[" * 5000, {})) == MALFORMED


def test_no_part_of_a_token_is_in_a_refusal() -> None:
    for text in (
        token(sub="canary\0"),
        token(iss="canary"),
        token(aud="canary"),
        token(exp="canary"),
        handmade({"alg": "canary"}, {}),
        handmade({"alg": "RS256", "kid": ["canary"]}, {}),
        "canary.canary.canary",
    ):
        assert "canary" not in refusal(text)


def test_the_key_of_a_file_needs_no_id() -> None:
    key = VerifyingKey(private_key().public_key(), frozenset({"RS256"}))
    found = Tokens(OneKey(key), audience=AUDIENCE, issuer=ISSUER, leeway_s=0)
    assert asyncio.run(found.holder(token(headers={"kid": "any"}).encode())).owner == "token:ada@example.org"
