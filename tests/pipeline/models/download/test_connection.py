"""Mirrors, proxies and certificates."""

from __future__ import annotations

import errno
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from pipeline.models.download.failures import NoNetwork
from tests.pipeline.models.download.downloads import (
    DATA,
    OTHER,
    downloaded,
    fetch,
    lying_in,
    refusal,
    row,
)
from tests.pipeline.models.file_server import Answer, FileServer, file_server


@pytest.mark.parametrize("end", ["", "/"])
def test_a_mirror_has_the_file_under_its_name(end: str, server: FileServer, folder: Path) -> None:
    server.serve("/copies/a%20b.pth", Answer(DATA))
    model = row("https://example.org/releases/v1/a%20b.pth?download=1")
    assert downloaded(folder, model, mirror=server.url("/copies") + end)
    assert [request.target for request in server.requests] == ["/copies/a%20b.pth"]
    assert lying_in(folder) == {"a.pth": DATA}


def test_a_mirror_is_not_trusted(server: FileServer, folder: Path) -> None:
    server.serve("/a.pth", Answer(OTHER))
    assert "SHA-256" in refusal(folder, row("https://example.org/a.pth"), mirror=server.url())
    assert lying_in(folder) == {}


def test_the_password_of_a_mirror_is_used_and_not_told(server: FileServer, folder: Path) -> None:
    mirror = server.url().replace("//", "//somebody:secret@")
    message = refusal(folder, row("https://example.org/a.pth"), mirror=mirror)
    assert server.requests[0].headers["authorization"].startswith("Basic ")
    assert server.url("/a.pth") in message
    assert "secret" not in message


def test_the_proxy_of_the_environment_is_used(
    server: FileServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url())
    server.serve("/a.pth", Answer(DATA))
    assert downloaded(folder, row("http://models.invalid/a.pth"))
    assert [request.target for request in server.requests] == ["http://models.invalid/a.pth"]
    assert lying_in(folder) == {"a.pth": DATA}


def test_a_failure_on_the_way_through_a_proxy_names_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with file_server() as gone:
        url = gone.url("/a.pth")
    monkeypatch.setenv("HTTP_PROXY", url)
    assert "(through the proxy of the environment). Check" in refusal(folder, row(url))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert "proxy" not in refusal(folder, row(url))


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "Name or service not known"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "Network is unreachable"),
    ],
)
def test_without_a_network_there_is_one_try_for_all_files(
    fault: OSError, why: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[object] = []

    def fail(address: object, *_: object, **__: object) -> None:
        tried.append(address)
        raise fault

    monkeypatch.setattr(socket, "create_connection", fail)
    with pytest.raises(NoNetwork) as caught:
        fetch(folder, row("http://models.invalid/a.pth"), row("http://others.invalid/b.pth", name="b"))
    assert caught.value.message == f"models.invalid cannot be reached: {why}. Check the network and try again."
    assert len(tried) == 1
    assert lying_in(folder) == {}


def test_a_network_that_is_gone_for_a_moment_is_waited_for(
    server: FileServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect, gone = socket.create_connection, [False, True, False]

    def stumble(*arguments: object, **options: object) -> socket.socket:
        if gone.pop(0):
            raise OSError(errno.ENETUNREACH, "Network is unreachable")
        return connect(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "create_connection", stumble)
    assert downloaded(folder, row(server.serve("/a.pth", Answer(DATA, cut=1000), Answer(DATA))))
    assert lying_in(folder) == {"a.pth": DATA}


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key and a certificate that signs itself, of 127.0.0.1."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the certificate, and is not here")
    path = tmp_path / "certificate.pem"
    new = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    command = [openssl, *new.split(), "-keyout", str(path), "-out", str(path.with_suffix(".crt"))]
    subprocess.run(command, check=True, capture_output=True)
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return path


def test_a_certificate_that_is_not_trusted_is_told_at_once(
    certificate: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    told: list[str] = []
    with file_server(certificate) as server:
        model = row(server.serve("/a.pth", Answer(DATA)))
        message = refusal(folder, model, notice=told.append)
        assert "self-signed certificate" in message.replace("self signed", "self-signed")
        assert "Check that SSL_CERT_FILE" in message
        assert told == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
        assert downloaded(folder, model)
    assert lying_in(folder) == {"a.pth": DATA}


@pytest.mark.parametrize(("name", "value"), [("HTTP_PROXY", "gopher://x"), ("SSL_CERT_FILE", "/nowhere/ca.pem")])
def test_an_unusable_environment_is_told(name: str, value: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    assert "Check the proxy and certificate variables." in refusal(folder, row("http://models.invalid/a.pth"))
    assert lying_in(folder) == {}
