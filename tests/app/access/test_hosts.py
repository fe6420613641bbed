"""Host names: parsing of Host headers and of the setting, which hosts are served, and what has the same origin."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.access.hosts import Authority, is_same_origin, is_served, parse_authority, parse_hosts

LABELS = st.from_regex(r"[a-zA-Z0-9_-]{1,63}", fullmatch=True)
NAMES = st.lists(LABELS, min_size=1, max_size=4).map(".".join).filter(lambda name: len(name) <= 253)
PORTS = st.none() | st.integers(1, 65535)
IPV6 = st.ip_addresses(v=6).map(lambda address: str(address).partition("%")[0])


def with_port(host: str, port: int | None) -> str:
    return host if port is None else f"{host}:{port}"


@given(NAMES, PORTS, st.sampled_from(["", "."]))
def test_a_name_is_parsed_whatever_its_case_port_and_final_dot(name: str, port: int | None, dot: str) -> None:
    assert parse_authority(with_port(name + dot, port)) == Authority(name.lower(), port)


@given(st.ip_addresses(v=4).map(str), PORTS)
def test_an_ipv4_address_is_parsed_and_served(address: str, port: int | None) -> None:
    assert parse_authority(with_port(address, port)) == Authority(address, port)
    assert is_served(address, ())


@given(IPV6, PORTS)
def test_an_ipv6_address_is_parsed_in_every_spelling_and_served(address: str, port: int | None) -> None:
    parsed = ipaddress.IPv6Address(address)
    for spelling in (address, parsed.exploded, address.upper()):
        assert parse_authority(with_port(f"[{spelling}]", port)) == Authority(str(parsed), port)
    assert is_served(str(parsed), ())


@given(st.text(st.characters(max_codepoint=255), max_size=300))
@example("localhost:65536")
@example("a" * 300)
def test_whatever_is_parsed_is_a_host_and_a_port_and_nothing_else(text: str) -> None:
    found = parse_authority(text)
    if found is not None:
        assert found.host
        assert found.host.isascii()
        assert not set(found.host) & set("@/?#[]%, \t\r\n\0")
        assert found.port is None or 0 <= found.port <= 65535


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        ":8000",
        "localhost:http",
        "localhost:65536",
        "localhost:-1",
        "localhost:80:80",
        "localhost..",
        ".localhost",
        "evil..localhost",
        "me@localhost",
        "evil.example@localhost",
        "localhost@evil.example",
        "localhost/",
        "localhost?",
        "localhost#",
        "local host",
        "localhost,evil.example",
        "http://localhost",
        "localhost\n",
        "localhost\0",
        "local%68ost",
        "::1",
        "[::1",
        "[::1]8000",
        "[::1].",
        "[localhost]",
        "[127.0.0.1]",
        "[fe80::1%25eth0]",
        "[]",
        "b\xfccher.example",
        "a" * 64,
        ".".join(["a" * 63] * 5),
    ],
)
def test_what_is_no_host_is_not_parsed(text: str) -> None:
    assert parse_authority(text) is None


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("", ()),
        (" , ", ()),
        ("*", ("*",)),
        ("likeness,*", ("*",)),
        (" Photos.Example.org. ,.example.net,", ("photos.example.org", ".example.net")),
        ("likeness,", ("likeness",)),
        ("10.0.0.5,::1,[::1]", ("10.0.0.5", "::1", "[::1]")),
    ],
)
def test_hosts_are_parsed(text: str, hosts: tuple[str, ...]) -> None:
    assert parse_hosts(text) == hosts


@pytest.mark.parametrize(
    "text",
    [
        "https://photos.example.org",
        "photos.example.org:8000",
        "photos.example.org/app",
        "*.example.org",
        "..example.org",
        ".",
        "two hosts",
        "me@example.org",
        "b\xfccher.example",
    ],
)
def test_an_entry_that_no_host_can_equal_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a host name such as"):
        parse_hosts(text)


@pytest.mark.parametrize(
    ("host", "served"),
    [
        ("localhost", True),
        ("app.localhost", True),
        ("127.8.9.10", True),
        ("192.168.1.5", True),
        ("photos.example.org", True),
        ("example.net", True),
        ("a.b.example.net", True),
        ("example.org", False),
        ("a.photos.example.org", False),
        ("badexample.net", False),
        ("example.net.evil.example", False),
        ("notlocalhost", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("127.1", False),
        ("2130706433", False),
        ("0x7f.0.0.1", False),
    ],
)
def test_loopback_names_addresses_and_named_hosts_are_served(host: str, served: bool) -> None:
    assert is_served(host, ("photos.example.org", ".example.net")) == served


@given(NAMES.map(str.lower))
def test_any_host_is_served_where_the_setting_says_so(name: str) -> None:
    assert is_served(name, ("127.0.0.1", *parse_hosts("*")))


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://localhost:8000", "localhost:8000", True),
        ("http://LOCALHOST:8000", "Localhost.:8000", True),
        ("http://[::1]:8000", "[0:0::1]:8000", True),
        ("http://photos.example.org", "photos.example.org:80", True),
        ("https://photos.example.org", "photos.example.org", True),
        ("https://photos.example.org", "photos.example.org:443", True),
        ("https://photos.example.org", "photos.example.org:80", False),
        ("https://photos.example.org", "photos.example.org:8443", False),
        ("http://localhost:3000", "localhost:8000", False),
        ("http://localhost", "localhost:8000", False),
        ("http://127.0.0.1:8000", "localhost:8000", False),
        ("https://evil.example", "photos.example.org", False),
        ("null", "localhost", False),
        ("", "localhost", False),
        ("localhost", "localhost", False),
        ("file://", "localhost", False),
        ("chrome-extension://localhost", "localhost", False),
        ("http://me@localhost", "localhost", False),
        ("http://localhost/", "localhost", False),
    ],
)
def test_an_origin_is_compared_by_host_and_port(origin: str, host: str, same: bool) -> None:
    assert is_same_origin(origin, parse_authority(host)) == same


def test_a_request_without_a_host_has_no_origin() -> None:
    assert not is_same_origin("http://localhost", None)
