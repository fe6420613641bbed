"""Settings: who is let in, from where, and which of them are secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from app.settings import Settings
from tests.app.access.issuer import private_key, private_pem, public_pem


def test_access_settings_are_parsed() -> None:
    settings = Settings(
        api_keys=f"shop:{'0a' * 32}, lab:{'0b' * 32}",
        rate_limit="10/second;100/minute",
        cors_origins="https://App.example.org, http://localhost:3000",
        trusted_proxies="127.0.0.1, 10.0.0.0/8",
    )
    assert set(settings.api_keys.digests) == {"shop", "lab"}
    assert [(rate.amount, rate.get_expiry()) for rate in settings.rate_limit] == [(10, 1), (100, 60)]
    assert settings.cors_origins == ("https://app.example.org", "http://localhost:3000")
    assert settings.trusted_proxies == ("127.0.0.1", "10.0.0.0/8")


def test_by_default_only_the_loopback_reaches_the_server() -> None:
    settings = Settings()
    assert not settings.api_keys
    assert (settings.rate_limit, settings.cors_origins, settings.trusted_proxies) == ((), (), ())
    assert not settings.open_to_others


def test_another_host_without_keys_is_open_to_others() -> None:
    assert Settings(host="0.0.0.0").open_to_others
    assert not Settings(host="0.0.0.0", api_keys=f"shop:{'0a' * 32}").open_to_others


TOKENS = {"jwt_audience": "likeness", "jwt_issuer": "https://login.example.org"}
JWKS = "https://login.example.org/jwks"


@pytest.mark.parametrize(
    "url", ["", JWKS, "https://10.0.0.7:8443/keys?v=1", "http://localhost:8080/keys", "http://[::1]/keys"]
)
def test_keys_of_tokens_come_over_https_or_from_this_machine(url: str) -> None:
    settings = Settings(jwks_url=url, **TOKENS if url else {})
    assert (settings.has_tokens, settings.needs_key) == (bool(url), bool(url))
    assert settings.open_to_others is False
    assert Settings(host="0.0.0.0", jwks_url=url, **TOKENS if url else {}).open_to_others == (not url)


@pytest.mark.parametrize("missing", TOKENS)
def test_tokens_need_an_audience_and_an_issuer(missing: str) -> None:
    with pytest.raises(ValidationError, match="it is missing, and tokens need it") as caught:
        Settings(jwks_url=JWKS, **{name: text for name, text in TOKENS.items() if name != missing})
    assert [fault["loc"] for fault in caught.value.errors()] == [(missing,)]


def test_tokens_have_one_place_for_keys(tmp_path: Path) -> None:
    file = tmp_path / "issuer.pem"
    file.write_bytes(public_pem(private_key("p256")))
    assert Settings(jwt_key_file=file, **TOKENS).has_tokens
    with pytest.raises(ValidationError, match="LIKENESS_JWKS_URL is set too, and only one of the two can be"):
        Settings(jwks_url=JWKS, jwt_key_file=file, **TOKENS)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (private_pem(private_key("p256")), "it has a private key"),
        (b"a shared secret", "it is no PEM file with exactly one public key"),
        (b"x" * 70_000, "has more than 65536 bytes"),
    ],
)
def test_a_file_without_a_public_key_is_refused_and_not_shown(tmp_path: Path, data: bytes, reason: str) -> None:
    file = tmp_path / "issuer.pem"
    file.write_bytes(data)
    with pytest.raises(ValidationError, match=reason) as caught:
        Settings(jwt_key_file=file, **TOKENS)
    assert data[40:60].decode() not in str(caught.value) or not data[40:60]
    assert [fault["loc"] for fault in caught.value.errors()] == [("jwt_key_file",)]


@pytest.mark.parametrize(
    "secret",
    [
        {"api_keys": "shop:canary"},
        {"rate_limit_storage": "redis://:canary@cache"},
        {"models_mirror": "user:canary@mirror.example.org"},
        {"jwks_url": "https://user:canary@login.example.org"},
    ],
    ids=lambda row: next(iter(row)),
)
def test_no_secret_is_in_an_error_or_repr(secret: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(**secret)  # type: ignore[arg-type]
    assert "canary" not in str(caught.value)
    assert "canary" not in repr(
        Settings(
            api_keys=f"canary:{'0a' * 32}",
            rate_limit_storage="redis://:canary@cache:6379",
            models_mirror="https://user:canary@mirror.example.org",
        )
    )
