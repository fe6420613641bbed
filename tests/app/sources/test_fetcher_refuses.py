"""Addresses that no photo is fetched from (SSRF): by name and by literal, at first and after a redirect."""

from __future__ import annotations

import pytest

from app.sources.errors import UrlRefused
from app.sources.resolution import system_lookup
from tests.app.sources.addresses import LOOPBACK_NOTATIONS, NOT_PUBLIC
from tests.app.sources.web import OTHER_PUBLIC, PUBLIC, Names, Web, redirect, response, saying, web

SECRET = response(b"secret")


def assert_refused(there: Web, url: str, names: Names, requests: int = 0) -> None:
    """The address is refused, after so many requests, without a word about what its name resolves to."""
    with pytest.raises(UrlRefused) as caught:
        there.fetch(url, names)
    assert len(there.heads) == len(there.network.connected) == requests
    assert not [address for address in names.addresses if address in caught.value.message]


@pytest.mark.parametrize("address", NOT_PUBLIC.values(), ids=NOT_PUBLIC.keys())
def test_a_name_of_an_address_that_is_not_public(address: str) -> None:
    with web(saying(SECRET)) as there:
        assert_refused(there, "http://inside.example/", Names({"inside.example": [[address]]}))
        assert_refused(there, "http://both.example/", Names({"both.example": [[PUBLIC, address]]}))
        assert_refused(there, "https://both.example/", Names({"both.example": [[address, OTHER_PUBLIC]]}))


@pytest.mark.parametrize("address", NOT_PUBLIC.values(), ids=NOT_PUBLIC.keys())
def test_a_redirect_to_an_address_that_is_not_public(address: str) -> None:
    literal = f"[{address}]" if ":" in address else address
    names = Names({"inside.example": [[address]], address: [[address]]})
    for location in (f"http://inside.example/{literal}", f"http://{literal}/", f"//{literal}:80/"):
        with web(saying(redirect(location))) as there:
            assert_refused(there, "http://outside.example/", names, requests=1)


@pytest.mark.parametrize("host", LOOPBACK_NOTATIONS.values(), ids=LOOPBACK_NOTATIONS.keys())
def test_the_loopback_in_every_notation(host: str) -> None:
    """With the system's own look-up: what it makes of a notation is what a connection would go to."""

    def lookup(name: str, port: int) -> list[str]:
        return [PUBLIC] if name == "outside.example" else system_lookup(name, port)

    for url, requests in ((f"http://{host}/", 0), (f"https://{host}:443/", 0), ("http://outside.example/", 1)):
        with web(saying(redirect(f"http://{host}/"))) as there:
            with pytest.raises(UrlRefused):
                there.fetch(url, lookup)
            assert len(there.heads) == len(there.network.connected) == requests


def test_a_name_that_changes_after_the_check_is_still_what_was_checked() -> None:
    """DNS rebinding: the second answer of the name server would lead inside."""
    names = Names({"rebinding.example": [[PUBLIC], ["127.0.0.1"]]})
    with web(saying(response(b"from outside"))) as there:
        assert there.fetch("http://rebinding.example/", names) == b"from outside"
        assert there.network.connected == [(PUBLIC, 80)]
    assert names.asked == [("rebinding.example", 80)]


def test_a_name_that_changes_before_a_redirect_is_checked_again() -> None:
    names = Names({"rebinding.example": [[PUBLIC], ["127.0.0.1"]]})
    with web(saying(redirect("http://rebinding.example/again"))) as there:
        assert_refused(there, "http://rebinding.example/", names, requests=1)
    assert len(names.asked) == 2


@pytest.mark.parametrize(
    "location",
    [
        *("file:///etc/passwd", "ftp://example.org/a", "gopher://example.org:80/_a", "data:image/png;base64,AAAA"),
        *("http://user:secret@example.org/", "http://example.org:22/", "http://example.org:6379/", "//:80"),
        "http://" + "a" * 5_000,
    ],
)
def test_a_redirect_to_what_is_no_address_of_the_web(location: str) -> None:
    with web(saying(redirect(location))) as there:
        assert_refused(there, "http://outside.example/", Names(), requests=1)


def test_a_redirect_to_a_host_that_is_not_listed() -> None:
    with web(saying(redirect("http://elsewhere.example/"))) as there:
        with pytest.raises(UrlRefused, match="LIKENESS_URL_HOSTS"):
            there.fetch("http://photos.example/", hosts=("photos.example",))
        assert len(there.heads) == 1
