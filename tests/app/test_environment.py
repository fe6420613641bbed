"""The environment: empty variables, unknown names, and the service links of Kubernetes."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.environment import nearest, read_environment, variable_of
from app.settings import GivenSettings, Settings

NAMES = Settings.model_fields
SETTING = st.sampled_from(list(NAMES))
LABEL = st.from_regex(r"[A-Z0-9]{1,8}(_[A-Z0-9]{1,8}){0,2}", fullmatch=True)  # of a Service or port, in upper case
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(str.strip)


@pytest.mark.parametrize("name", list(Settings.model_fields))
@pytest.mark.parametrize("text", ["", " "])
def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv(f"LIKENESS_{name.upper()}", text)
    assert dict(Settings()) == dict(GivenSettings())
    assert Settings().model_fields_set == set()


def test_arguments_precede_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIKENESS_SLOTS", "2")
    monkeypatch.setenv("LIKENESS_QUEUE_SIZE", "3")
    assert (Settings(slots=4).slots, Settings(slots=4).queue_size) == (4, 3)
    assert (GivenSettings(slots=4).slots, GivenSettings(slots=4).queue_size) == (4, 8)


def test_an_unknown_name_is_refused_together_with_every_wrong_value(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {"API_KEY": "canary", "SLOT": "2", "DRAIN_S": "1e30", "WEB_DIR": "/etc/passwd"}.items():
        monkeypatch.setenv(f"LIKENESS_{name}", text)
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert {fault["loc"] for fault in caught.value.errors()} == {("api_key",), ("slot",), ("drain_s",), ("web_dir",)}
    assert "canary" not in str(caught.value.errors())


@pytest.mark.parametrize(
    ("mistaken", "meant"),
    [
        ("API_KEY", "API_KEYS"),
        ("APIKEYS", "API_KEYS"),
        ("CORS_ORIGIN", "CORS_ORIGINS"),
        ("DEADLINE", "DEADLINE_S"),
        ("DRAIN", "DRAIN_S"),
        ("HOSTNAME", "HOST"),
        ("LICENSES", "LICENCES"),
        ("MAX_INPUT_MEGAPIXEL", "MAX_INPUT_MEGAPIXELS"),
        ("QUEUE", "QUEUE_SIZE"),
        ("RATELIMIT", "RATE_LIMIT"),
        ("RECOGNIZER", "RECOGNISER"),
        ("READ_TIMEOUT", "READ_TIMEOUT_S"),
        ("WEIGHTS", "WEIGHTS_DIR"),
    ],
)
def test_the_nearest_name_is_the_one_that_was_meant(mistaken: str, meant: str) -> None:
    assert nearest(mistaken.lower(), NAMES) == meant.lower()


@given(st.text())
def test_there_is_always_a_nearest_name(name: str) -> None:
    assert nearest(name, NAMES) in NAMES


@given(SETTING, TEXT)
def test_a_variable_is_read_in_upper_and_lower_case(name: str, text: str) -> None:
    for variable in (variable_of(name), variable_of(name).lower()):
        found = read_environment({variable: text, f"X{variable}": text, "LIKENESS": text, "LIKENES": text}, NAMES)
        assert found == {name: text} or (name == "port" and text.startswith(("tcp://", "udp://", "sctp://")))


@given(LABEL, TEXT)
def test_the_text_of_an_unknown_variable_is_not_kept(label: str, text: str) -> None:
    name = f"x{label}y".lower()
    assert read_environment({variable_of(name): text}, NAMES) == {name: ""}
    assert read_environment({variable_of(name): ""}, NAMES) == {}


@given(st.none() | LABEL, LABEL, st.integers(1, 65535), st.sampled_from(["tcp", "udp", "sctp"]))
def test_the_service_links_of_any_service_are_no_settings(
    service: str | None, port_name: str, port: int, protocol: str
) -> None:
    """As kubernetes/pkg/kubelet/envvars makes them, for Services named `likeness` and `likeness-<service>`."""
    prefix = "LIKENESS" if service is None else f"LIKENESS_{service}"
    url, each = f"{protocol}://10.0.0.1:{port}", f"{prefix}_PORT_{port}_{protocol.upper()}"
    links = {
        f"{prefix}_SERVICE_HOST": "10.0.0.1",
        f"{prefix}_SERVICE_PORT": str(port),
        f"{prefix}_SERVICE_PORT_{port_name}": str(port),
        f"{prefix}_PORT": url,
        each: url,
        f"{each}_PROTO": protocol,
        f"{each}_PORT": str(port),
        f"{each}_ADDR": "10.0.0.1",
    }
    assert read_environment(links, NAMES) == {}
    assert read_environment({**links, "LIKENESS_SLOTS": "2"}, NAMES) == {"slots": "2"}


@pytest.mark.parametrize(
    ("name", "text"),
    [("PORT", "http://10.0.0.1"), ("WEB_PORT", "8000"), ("PORTS", "tcp://10.0.0.1:8000"), ("PORT_TCP", "8000")],
)
def test_what_resembles_a_service_link_is_none(name: str, text: str) -> None:
    assert list(read_environment({f"LIKENESS_{name}": text}, NAMES)) == [name.lower()]


def test_a_start_beside_a_service_named_likeness_has_the_default_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIKENESS_PORT", "tcp://10.0.0.1:9000")
    monkeypatch.setenv("LIKENESS_SERVICE_HOST", "10.0.0.1")
    assert dict(Settings()) == dict(GivenSettings())


def test_the_tests_run_without_the_shells_settings() -> None:
    assert read_environment(os.environ, NAMES) == {}


def test_a_byte_that_is_not_utf_8_becomes_a_replacement_character(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "LIKENESS_CORS_ORIGINS", os.fsdecode(b"https://\xff.example"))
    assert read_environment(os.environ, NAMES)["cors_origins"] == "https://\N{REPLACEMENT CHARACTER}.example"
    with pytest.raises(ValidationError):
        Settings()
