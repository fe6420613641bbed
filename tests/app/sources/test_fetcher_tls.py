"""https: the certificate must be valid for the name, though the connection goes to an address."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from app.sources.errors import UrlRefused, UrlUnreachable
from tests.app.sources.web import PUBLIC, redirect, response, saying, web

NAME = "photos.example.org"


class Certificate:
    """A certificate for `NAME`, signed by itself, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.file, self.key = folder / "certificate.pem", folder / "key.pem"
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test"
        extension = f"subjectAltName=DNS:{NAME}"
        files = ["-keyout", str(self.key), "-out", str(self.file)]
        subprocess.run([*command.split(), "-addext", extension, *files], check=True, capture_output=True)

    @property
    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context

    @property
    def trusting(self) -> ssl.SSLContext:
        """A client's context that trusts this certificate."""
        return ssl.create_default_context(cafile=str(self.file))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl, which makes the certificate")
    return Certificate(tmp_path_factory.mktemp("certificate"))


def test_a_trusted_certificate_for_the_name_is_accepted(certificate: Certificate) -> None:
    with web(saying(response(b"photo")), certificate.server) as there:
        assert there.fetch(f"https://{NAME}/a", tls=certificate.trusting) == b"photo"
        assert there.network.connected == [(PUBLIC, 443)]
        assert b"Host: photos.example.org\r\n" in there.heads[0]


@pytest.mark.parametrize("host", ["other.example.org", PUBLIC])
def test_a_certificate_for_another_name_is_not_accepted(certificate: Certificate, host: str) -> None:
    with web(saying(response(b"photo")), certificate.server) as there:
        with pytest.raises(UrlUnreachable, match="no valid certificate"):
            there.fetch(f"https://{host}/a", tls=certificate.trusting)
        assert there.heads == []


def test_a_certificate_that_nobody_vouches_for_is_not_accepted(certificate: Certificate) -> None:
    with web(saying(response(b"photo")), certificate.server) as there:
        with pytest.raises(UrlUnreachable, match="no valid certificate"):
            there.fetch(f"https://{NAME}/a", tls=None)
        assert there.heads == []


def test_a_server_without_tls_is_unreachable() -> None:
    with web(saying(response(b"photo"))) as there, pytest.raises(UrlUnreachable, match="within"):
        there.fetch(f"https://{NAME}/a", timeout_s=0.5)


def test_https_does_not_lead_to_http(certificate: Certificate) -> None:
    with web(saying(redirect(f"http://{NAME}/b")), certificate.server) as there:
        with pytest.raises(UrlRefused, match="from https to http"):
            there.fetch(f"https://{NAME}/a", tls=certificate.trusting)
        assert len(there.heads) == 1
