"""Settings: who is let in, from where, and which of them are secret."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from app.settings import Settings


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


@pytest.mark.parametrize(
    "secret",
    [
        {"api_keys": "shop:canary"},
        {"rate_limit_storage": "redis://:canary@cache"},
        {"models_mirror": "user:canary@mirror.example.org"},
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
