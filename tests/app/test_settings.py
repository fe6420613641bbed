"""Settings: defaults, environment variables and bad values."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from annotated_types import Ge, Gt, Le
from limits import RateLimitItemPerMinute
from pydantic import ValidationError

from app.access.keys import Keys
from app.settings import FORM_OVERHEAD, MEBIBYTE, PhotoLimits, Settings
from tests.app.access.issuer import private_key, public_pem

FOLDER = Path(__file__).parent  # one that exists


def test_the_defaults_are_those_of_the_contract() -> None:
    settings = Settings()
    assert settings.models == "auto"
    assert settings.licences == "any"
    assert settings.max_upload_mb == 10
    assert settings.max_input_megapixels == 25
    assert settings.max_body_bytes == 10 * MEBIBYTE + FORM_OVERHEAD
    assert settings.photo_limits == PhotoLimits(25_000_000, 100)
    assert settings.model_preferences.origin == "auto"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("HOST", "0.0.0.0", "0.0.0.0"),
        ("PORT", "9000", 9000),
        ("LOG_LEVEL", "debug", "debug"),
        ("LOG_FORMAT", "json", "json"),
        ("MODELS", "embedded", "embedded"),
        ("LICENCES", "commercial", "commercial"),
        ("WEIGHTS_DIR", "/srv/weights", Path("/srv/weights")),
        ("MODELS_MIRROR", "https://mirror.example.org/models", "https://mirror.example.org/models"),
        ("DETECTOR", "scrfd-10g", "scrfd-10g"),
        ("RESTORER", "gfpgan-v1.3,compact-face", "gfpgan-v1.3,compact-face"),
        ("UPSCALER", "compact-x2", "compact-x2"),
        ("PARSER", "none", "none"),
        ("RECOGNISER", "arcface-w600k-mbf", "arcface-w600k-mbf"),
        ("PERCEPTUAL", "lpips-squeeze", "lpips-squeeze"),
        ("WEB_DIR", str(FOLDER), FOLDER),
        ("DEVICE", "cpu", "cpu"),
        ("PRECISION", "bf16", "bf16"),
        ("SLOTS", "3", 3),
        ("QUEUE_SIZE", "0", 0),
        ("DEADLINE_S", "0.5", 0.5),
        ("GRACE_S", "5", 5),
        ("DRAIN_S", "0", 0.0),
        ("READ_TIMEOUT_S", "2.5", 2.5),
        ("MIN_ANSWER_RATE_KB_S", "0", 0.0),
        ("UPLOAD_MEMORY_MB", "64", 64.0),
        ("ANSWER_MEMORY_MB", "0.5", 0.5),
        ("API_KEYS", f"shop:{'0a' * 32}", Keys({"shop": b"\n" * 32})),
        ("JWKS_URL", "https://login.example.org/jwks", "https://login.example.org/jwks"),
        ("JWT_KEY_FILE", "issuer.pem", Path("issuer.pem")),
        ("JWT_AUDIENCE", "likeness", "likeness"),
        ("JWT_ISSUER", "https://login.example.org", "https://login.example.org"),
        ("JWT_LEEWAY_S", "0", 0.0),
        ("RATE_LIMIT", "60/minute", (RateLimitItemPerMinute(60),)),
        ("RATE_LIMIT_STORAGE", "redis://cache:6379/1", "redis://cache:6379/1"),
        ("CORS_ORIGINS", "https://app.example.org", ("https://app.example.org",)),
        ("HOSTS", "photos.example.org", ("photos.example.org",)),
        ("TRUSTED_PROXIES", "10.0.0.0/8", ("10.0.0.0/8",)),
        ("CACHE_MB", "64", 64.0),
        ("DATA_DIR", "/var/lib/likeness", Path("/var/lib/likeness")),
        ("DATABASE_URL", "postgresql://likeness@db/likeness", "postgresql://likeness@db/likeness"),
        ("OBJECTS_URL", "s3://photos/jobs", "s3://photos/jobs"),
        ("BROKER_URL", "redis://cache:6379/0", "redis://cache:6379/0"),
        ("JOB_TIMEOUT_S", "60", 60.0),
        ("RETENTION_HOURS", "0.5", 0.5),
        ("BATCH_SIZE", "7", 7),
        ("WORKER_PORT", "9108", 9108),
        ("QUOTA_WAITING", "20", 20),
        ("QUOTA_JOBS_A_DAY", "100", 100),
        ("QUOTA_MB", "0.5", 0.5),
        ("RESULT_REDIRECT", "on", "on"),
        ("WEBHOOK_SECRET", f"whsec_{'a2tr' * 8} whsec_{'Li4u' * 8}", (b"kkk" * 8, b"..." * 8)),
        ("WEBHOOK_HOSTS", "shop.example.org", ("shop.example.org",)),
        ("OPERATORS", "admin, token:alice", frozenset({"admin", "token:alice"})),
        ("URL_FETCH", "on", "on"),
        ("URL_HOSTS", "photos.example.org,.example.net", ("photos.example.org", ".example.net")),
        ("URL_TIMEOUT_S", "2.5", 2.5),
        ("MAX_UPLOAD_MB", "2.5", 2.5),
        ("MAX_INPUT_MEGAPIXELS", "1", 1.0),
        ("MAX_OUTPUT_MEGAPIXELS", "200", 200.0),
        ("IDENTITY_THRESHOLD", "-0.2", -0.2),
    ],
)
def test_each_setting_is_an_environment_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, text: str, value: object
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "issuer.pem").write_bytes(public_pem(private_key("p256")))
    if name.startswith("JW") and name != "JWT_LEEWAY_S":  # tokens need these together
        others = {"JWT_AUDIENCE": "likeness", "JWT_ISSUER": "https://login.example.org"}
        others |= {} if name == "JWT_KEY_FILE" else {"JWKS_URL": "https://login.example.org/jwks"}
        for other, given in others.items():
            monkeypatch.setenv(f"LIKENESS_{other}", given)
    if name in ("DATABASE_URL", "OBJECTS_URL", "BROKER_URL"):
        monkeypatch.setenv("LIKENESS_DATA_DIR", "/var/lib/likeness")  # each of the two needs the other, or this
    monkeypatch.setenv(f"LIKENESS_{name}", text)
    assert getattr(Settings(), name.lower()) == value


def test_every_setting_is_tested_and_described() -> None:
    (mark,) = test_each_setting_is_an_environment_variable.pytestmark  # type: ignore[attr-defined]
    assert {row[0].lower() for row in mark.args[1]} == set(Settings.model_fields)
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("HOST", "http://127.0.0.1"),
        ("HOST", "[::1]"),
        ("HOST", "*"),
        ("PORT", "65536"),
        ("PORT", "http"),
        ("PORT", "http://10.0.0.1:8000"),
        ("LOG_LEVEL", "loud"),
        ("MODELS", "best"),
        ("LICENCES", "all"),
        ("DEVICE", "tpu"),
        ("PRECISION", "int8"),
        ("MODELS_MIRROR", "mirror.example.org"),
        ("RESTORER", "gfpgan v1.4"),
        ("WEB_DIR", __file__),
        ("WEB_DIR", str(FOLDER / "missing")),
        ("WEIGHTS_DIR", __file__),
        ("SLOTS", "0"),
        ("SLOTS", "1.5"),
        ("QUEUE_SIZE", "-1"),
        ("DEADLINE_S", "0"),
        ("DEADLINE_S", "inf"),
        ("GRACE_S", "-1"),
        ("DRAIN_S", "-1"),
        ("READ_TIMEOUT_S", "0"),
        ("MIN_ANSWER_RATE_KB_S", "-1"),
        ("MIN_ANSWER_RATE_KB_S", "1e30"),
        ("UPLOAD_MEMORY_MB", "0"),
        ("ANSWER_MEMORY_MB", "0"),
        ("ANSWER_MEMORY_MB", "1e30"),
        ("DATABASE_URL", "mysql://db/likeness"),
        ("OBJECTS_URL", "ftp://host/folder"),
        ("OBJECTS_URL", "s3://photos"),  # without a database
        ("JOB_TIMEOUT_S", "0"),
        ("RETENTION_HOURS", "0"),
        ("RETENTION_HOURS", "1e9"),
        ("BATCH_SIZE", "0"),
        ("WORKER_PORT", "65536"),
        ("QUOTA_WAITING", "-1"),
        ("QUOTA_JOBS_A_DAY", "1.5"),
        ("QUOTA_MB", "-1"),
        ("RESULT_REDIRECT", "maybe"),
        ("WEBHOOK_SECRET", "secret"),
        ("WEBHOOK_SECRET", "a2tr" * 8),
        ("WEBHOOK_SECRET", f"whsec_{'a2tr' * 7}"),
        ("WEBHOOK_SECRET", f"whsec_{'a2tr' * 22}"),
        ("WEBHOOK_SECRET", f"whsec_{'a2tr' * 8} whsec_?"),
        ("WEBHOOK_HOSTS", "https://shop.example.org/hook"),
        ("OPERATORS", "Admin"),
        ("OPERATORS", "token:"),
        ("LOG_FORMAT", "xml"),
        ("MAX_UPLOAD_MB", "0"),
        ("MAX_UPLOAD_MB", "inf"),
        ("MAX_INPUT_MEGAPIXELS", "nan"),
        ("MAX_INPUT_MEGAPIXELS", "inf"),
        ("MAX_OUTPUT_MEGAPIXELS", "-5"),
        ("JWKS_URL", "login.example.org/jwks"),
        ("JWKS_URL", "http://login.example.org/jwks"),
        ("JWKS_URL", "https://user:canary@login.example.org/jwks"),
        ("JWKS_URL", "file:///etc/jwks.json"),
        ("JWT_KEY_FILE", __file__),
        ("JWT_KEY_FILE", str(FOLDER)),
        ("JWT_KEY_FILE", "/dev/zero"),
        ("JWT_KEY_FILE", str(FOLDER / "missing.pem")),
        ("JWT_AUDIENCE", "likeness"),  # without tokens
        ("JWT_ISSUER", "https://login.example.org"),
        ("JWT_LEEWAY_S", "301"),
        ("API_KEYS", "shop"),
        ("API_KEYS", f"Shop:{'0a' * 32}"),
        ("RATE_LIMIT", "sixty/minute"),
        ("RATE_LIMIT", "0/minute"),
        ("RATE_LIMIT", "1000000001/minute"),
        ("RATE_LIMIT", "1/2 year"),
        ("RATE_LIMIT_STORAGE", "memcached://cache:11211"),
        ("RATE_LIMIT_STORAGE", "redis://cache"),
        ("RATE_LIMIT_STORAGE", "redis://cache:6379/100000"),
        ("HOSTS", "https://photos.example.org"),
        ("CORS_ORIGINS", "app.example.org"),
        ("CORS_ORIGINS", "https://app.example.org/"),
        ("CORS_ORIGINS", "*,https://app.example.org"),
        ("TRUSTED_PROXIES", "nginx"),
        ("TRUSTED_PROXIES", "*"),
        ("IDENTITY_THRESHOLD", "1.1"),
        ("IDENTITY_THRESHOLD", "-1.1"),
        ("IDENTITY_THRESHOLD", "nan"),
        ("IDENTITY_THRESHOLD", "inf"),
        ("IDENTITY_THRESHOLD", "none"),
    ],
)
def test_a_bad_value_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv(f"LIKENESS_{name}", text)
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert [fault["loc"] for fault in caught.value.errors()] == [(name.lower(),)]


def test_every_number_has_bounds_and_refuses_what_is_beyond() -> None:
    for name, field in Settings.model_fields.items():
        if not isinstance(field.default, int | float) and name != "identity_threshold":
            continue
        bounds = {type(bound): bound for bound in field.metadata}
        assert Ge in bounds or Gt in bounds, name
        highest = bounds[Le].le
        assert getattr(Settings(**{name: highest}), name) == highest
        for beyond in (highest * 1.0001 + 1, 1e30, math.inf, -math.inf, math.nan):
            with pytest.raises(ValidationError):
                Settings(**{name: str(beyond)})


def test_every_text_has_an_end() -> None:
    texts = {
        name for name, field in Settings.model_fields.items() if field.default == "" or field.default == "memory://"
    }
    assert {"models_mirror", "restorer", "api_keys", "rate_limit_storage", "trusted_proxies"} <= texts
    for name in texts:
        with pytest.raises(ValidationError, match="1000000 characters"):
            Settings(**{name: "x" * 1_000_000})  # type: ignore[arg-type]
    with pytest.raises(ValidationError):
        Settings(host="x." * 127)
    with pytest.raises(ValidationError, match="File name too long"):
        Settings(weights_dir=Path("x" * 300))


def test_an_identity_threshold_of_zero_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIKENESS_IDENTITY_THRESHOLD", "0")
    assert Settings().identity_threshold == 0


@pytest.mark.parametrize(
    ("asked", "is_set", "own", "expected"),
    [
        (0.1, 0.2, 0.3, 0.1),
        (0.0, 0.2, 0.3, 0.0),
        (None, 0.2, 0.3, 0.2),
        (None, 0.0, 0.3, 0.0),
        (None, None, 0.3, 0.3),
        (None, None, None, None),
    ],
)
def test_the_requested_threshold_precedes_the_setting_which_precedes_the_recognisers(
    asked: float | None, is_set: float | None, own: float | None, expected: float | None
) -> None:
    assert Settings(identity_threshold=is_set).threshold_for(asked, own) == expected


def test_model_names_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIKENESS_RESTORER", " gfpgan-v1.3 ,compact-face,")
    monkeypatch.setenv("LIKENESS_PARSER", "none")
    assert {role: names for role, names in Settings().model_preferences.wanted.items() if names} == {
        "restorer": ("gfpgan-v1.3", "compact-face"),
        "parser": ("none",),
    }


def test_settings_are_immutable() -> None:
    with pytest.raises(ValidationError):
        Settings().slots = 2  # type: ignore[misc]


def test_a_database_needs_a_place_for_photos_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIKENESS_DATABASE_URL", "postgresql://likeness:secret@db/likeness")
    with pytest.raises(ValidationError) as caught:
        Settings()
    (error,) = caught.value.errors()
    assert error["loc"] == ("objects_url",)
    assert error["msg"].endswith("it is missing: LIKENESS_DATABASE_URL needs it, or LIKENESS_DATA_DIR")
    monkeypatch.setenv("LIKENESS_OBJECTS_URL", "s3://photos")
    assert Settings().has_jobs
    assert not Settings(database_url="", objects_url="").has_jobs
    assert "secret" not in repr(Settings())


@pytest.mark.parametrize("url", ["redis://cache", "redis://cache:6379/1", "rediss://user:secret@cache:6380/", ""])
def test_a_broker_is_a_redis(url: str) -> None:
    settings = Settings(data_dir="/srv/jobs", broker_url=url)
    assert settings.broker_url == url
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    "url",
    [
        "amqp://cache",
        "redis:///0",
        "redis://cache:99999",
        "redis://cache/a",
        "redis://cache?x=secret",
        "redis://c#secret",
    ],
)
def test_another_broker_is_refused(url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(data_dir="/srv/jobs", broker_url=url)
    (error,) = caught.value.errors()
    assert error["loc"] == ("broker_url",)
    assert "secret" not in error["msg"]


@pytest.mark.parametrize(
    ("places", "reason"),
    [
        ({}, "it needs a place for jobs: LIKENESS_DATA_DIR, or LIKENESS_DATABASE_URL and LIKENESS_OBJECTS_URL"),
        (
            {"data_dir": "/srv/jobs", "objects_url": "memory://"},
            "workers do not see the memory of LIKENESS_OBJECTS_URL",
        ),
    ],
)
def test_a_broker_needs_places_that_workers_see(places: dict[str, str], reason: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(broker_url="redis://cache", **places)
    (error,) = caught.value.errors()
    assert (error["loc"], error["msg"]) == (("broker_url",), f"Value error, {reason}")
