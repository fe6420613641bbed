"""The parts of an address, and what is refused before a look-up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sources.errors import UrlRefused
from app.sources.target import MAX_URL, parse_target


@pytest.mark.parametrize(
    ("url", "authority", "port", "path"),
    [
        ("http://example.org", "example.org", 80, b"/"),
        ("https://example.org/a.jpg?b=c&d#part", "example.org", 443, b"/a.jpg?b=c&d"),
        ("HTTP://Example.ORG.:80/", "example.org", 80, b"/"),
        ("http://example.org:443/", "example.org:443", 443, b"/"),
        ("https://example.org:80/", "example.org:80", 80, b"/"),
        ("https://bücher.example/ü", "xn--bcher-kva.example", 443, b"/%C3%BC"),
        ("  http://93.184.216.34/\n", "93.184.216.34", 80, b"/"),
        ("http://[2606:2800:220::1]/", "[2606:2800:220::1]", 80, b"/"),
        ("http://@example.org/", "example.org", 80, b"/"),
    ],
)
def test_an_address_is_taken_apart(url: str, authority: str, port: int, path: bytes) -> None:
    target = parse_target(url, ())
    assert (target.authority, target.port, target.path) == (authority, port, path)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "begin with"),
        ("photo.jpg", "begin with"),
        ("//example.org/", "begin with"),
        ("file:///etc/passwd", "begin with"),
        ("ftp://example.org/", "begin with"),
        ("gopher://example.org/", "begin with"),
        ("dict://example.org:80/", "begin with"),
        ("unix:///run/docker.sock", "begin with"),
        ("data:image/png;base64,", "begin with"),
        ("http://", "no host"),
        ("http:///a", "no host"),
        ("http:example.org", "no host"),
        ("http://..", "no host"),
        ("http://.example.org/", "no host"),
        ("http://ex%61mple.org/", "no host"),
        ("http://[fe80::1%25eth0]/", "no host"),
        (f"http://{'a' * 64}.org/", "no"),
        (f"http://{'a.' * 140}org/", "no host"),
        ("http://[::1/", "no address"),
        ("http://a:b/", "no address"),
        ("http://exa\nmple.org/", "no address"),
        ("http://example.org/\r\nHost: other", "no address"),
        ("http://0177.0.0.1/", "no address"),
        ("http://user@example.org/", "user name"),
        ("http://user:secret@example.org/", "user name"),
        ("http://example.org\\@127.0.0.1/", "user name"),
        ("http://example.org:22/", "port 80 or 443"),
        ("http://example.org:0/", "port 80 or 443"),
        ("http://example.org:8080/", "port 80 or 443"),
        ("http://example.org:99999999999999999999/", "port 80 or 443"),
        ("http://example.org/" + "a" * MAX_URL, f"{MAX_URL} characters"),
    ],
)
def test_what_is_refused_before_a_look_up(url: str, sentence: str) -> None:
    with pytest.raises(UrlRefused, match=sentence) as caught:
        parse_target(url, ())
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    ("hosts", "host", "allowed"),
    [
        ((), "anything.example", True),
        (("*",), "anything.example", True),
        (("photos.example",), "photos.example", True),
        (("photos.example",), "PHOTOS.example.", True),
        (("photos.example",), "a.photos.example", False),
        (("photos.example",), "photos.example.evil.test", False),
        ((".photos.example",), "a.photos.example", True),
        ((".photos.example",), "photos.example", True),
        ((".photos.example",), "evilphotos.example", False),
        (("photos.example",), "93.184.216.34", False),
        (("93.184.216.34",), "93.184.216.34", True),
        (("photos.example",), "localhost", False),
    ],
)
def test_only_listed_hosts_are_let_through(hosts: tuple[str, ...], host: str, allowed: bool) -> None:
    if allowed:
        parse_target(f"https://{host}/", hosts)
    else:
        with pytest.raises(UrlRefused, match="LIKENESS_URL_HOSTS"):
            parse_target(f"https://{host}/", hosts)


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/b", "https://example.org/b"),
        ("b?c#d", "https://example.org/x/b?c"),
        ("//other.example/b", "https://other.example/b"),
        ("https://other.example", "https://other.example/"),
    ],
)
def test_a_redirect_is_relative_to_its_address(location: str, expected: str) -> None:
    following = parse_target("https://example.org/x/a", ()).redirected(location, ())
    assert f"{following.scheme}://{following.authority}{following.path.decode()}" == expected


@pytest.mark.parametrize(
    "location",
    [
        *("http://example.org/", "file:///etc/passwd", "ftp://a/", "gopher://a/", "data:image/png;base64,AA=="),
        *("javascript:1", "https://user:pass@example.org/", "https://example.org:22/", "https://[::1", "//[", "\x00"),
        *("http://" + "a" * 9_000, "//" + "a" * 9_000, "?" + "a" * 9_000),
    ],
)
def test_a_redirect_is_refused_like_a_first_address(location: str) -> None:
    with pytest.raises(UrlRefused):
        parse_target("https://example.org/x/a", ()).redirected(location, ())


ADDRESSES = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["http://", "https://", "ftp://", "http:", "//", "", "HTTP://"]),
    st.sampled_from(["", "user@", "user:pw@", "\\@", "@"]),
    st.sampled_from(["example.org", "127.1", "[::1]", "[v1.a]", "ü.example", "", "a..b", "xn--a", "xn--\u0130"])
    | st.text(max_size=20),
    st.sampled_from(["", ":80", ":443", ":22", ":x", ":-1"]),
    st.text(max_size=30),
)


@given(ADDRESSES | st.text(max_size=80))
def test_any_text_is_a_checked_target_or_refused(text: str) -> None:
    try:
        target = parse_target(text, ())
    except UrlRefused:
        return
    assert target.scheme in ("http", "https")
    assert target.port in (80, 443)
    assert target.host.isascii()
    assert not set(target.host) & set("@/?#\\% ")
    assert not set(target.path) & set(b"\r\n #")
