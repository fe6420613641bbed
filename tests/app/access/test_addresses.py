"""Origins, proxies and addresses: parsing of the settings, and the client of an address."""

from __future__ import annotations

import pytest

from app.access.addresses import client_of, is_loopback, parse_origins, parse_proxies


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("", ()),
        ("*", ("*",)),
        (" * ", ("*",)),
        ("https://app.example.org", ("https://app.example.org",)),
        ("https://App.Example.org , http://localhost:3000,", ("https://app.example.org", "http://localhost:3000")),
        ("http://[::1]:8080", ("http://[::1]:8080",)),
        ("http://10.0.0.1:81", ("http://10.0.0.1:81",)),
    ],
)
def test_origins_are_parsed(text: str, origins: tuple[str, ...]) -> None:
    assert parse_origins(text) == origins


@pytest.mark.parametrize(
    "text",
    [
        "app.example.org",
        "https://app.example.org/",
        "https://app.example.org/app",
        "https://app.example.org?x",
        "https://*.example.org",
        "https://me@example.org",
        "ftp://example.org",
        "https://",
        "null",
        "*,https://app.example.org",
        "https://app.example.org:443",
        "http://app.example.org:80",
        "https://app.example.org:x",
        "https://a.example.org https://b.example.org",
    ],
)
def test_an_origin_that_no_browser_sends_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"origin|browsers"):
        parse_origins(text)


def test_proxies_are_parsed() -> None:
    assert parse_proxies("") == ()
    assert parse_proxies(" 127.0.0.1, 10.0.0.0/8 ,fd00::/8,") == ("127.0.0.1", "10.0.0.0/8", "fd00::/8")


@pytest.mark.parametrize("text", ["*", "nginx", "10.0.0.1/8", "10.0.0.256", "0.0.0.0/0", "::/0", "10.0.0.1;10.0.0.2"])
def test_a_bad_proxy_or_a_network_of_every_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"neither an address|every client"):
        parse_proxies(text)


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("unknown", "unknown"),
        ("/run/likeness.sock", "unknown"),
        ("203.0.113.9, 10.0.0.1", "unknown"),
    ],
)
def test_an_address_is_reduced_to_its_client(address: str, client: str) -> None:
    assert client_of(address) == client


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("localhost", True),
        ("LOCALHOST", True),
        ("", False),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.5", False),
        ("likeness.example.org", False),
        ("localhost.example.org", False),
    ],
)
def test_loopback_hosts_are_recognised(host: str, loopback: bool) -> None:
    assert is_loopback(host) == loopback
