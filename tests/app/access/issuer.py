"""An issuer of tokens: real keys, tokens signed with them, and a server for its key set on the loopback."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

AUDIENCE, ISSUER = "likeness", "https://login.example.org"
KINDS = {"rsa": "RS256", "p256": "ES256", "p384": "ES384", "ed25519": "EdDSA"}


def private_key(kind: str = "rsa", number: int = 0) -> Any:
    """A key of this kind; another one for each number. They are made once, because an RSA key takes a while."""
    return _made(kind, number)


@cache
def _made(kind: str, number: int) -> Any:
    if kind in ("rsa", "small"):
        return rsa.generate_private_key(65537, 2048 if kind == "rsa" else 1024)
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    curves = {"p256": ec.SECP256R1, "p384": ec.SECP384R1, "p521": ec.SECP521R1, "secp256k1": ec.SECP256K1}
    return ec.generate_private_key(curves[kind]())


def public_pem(key: Any) -> bytes:
    pem: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem


def private_pem(key: Any) -> bytes:
    pem: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem


def claims(**changes: Any) -> dict[str, Any]:
    """The claims of a good token; a change to None leaves one out."""
    now = int(time.time())
    values = {"sub": "ada@example.org", "aud": AUDIENCE, "iss": ISSUER, "iat": now, "exp": now + 600} | changes
    return {name: value for name, value in values.items() if value is not None}


def token(
    kind: str = "rsa", number: int = 0, *, alg: str | None = None, headers: dict[str, Any] | None = None, **changes: Any
) -> str:
    """A token that is signed with `private_key(kind, number)`."""
    payload = json.dumps(claims(**changes)).encode()  # `jwt.encode` refuses some claims that are wrong
    return jwt.api_jws.encode(payload, private_key(kind, number), alg or KINDS[kind], headers=headers)


def handmade(header: Any, payload: Any, secret: bytes | None = None) -> str:
    """A token of any parts, unsigned or with an HMAC; bytes are taken as they are."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    mac = b"" if secret is None else hmac.new(secret, signed, hashlib.sha256).digest()
    return (signed + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


def jwk(kind: str = "rsa", number: int = 0, *, key_id: str | None = None, **more: Any) -> dict[str, Any]:
    """The public key as an entry of a key set."""
    key = private_key(kind, number).public_key()
    writer: Any = RSAAlgorithm if kind in ("rsa", "small") else OKPAlgorithm if kind == "ed25519" else ECAlgorithm
    entry: dict[str, Any] = writer.to_jwk(key, as_dict=True)
    return entry | ({} if key_id is None else {"kid": key_id}) | more


def key_set(*entries: dict[str, Any]) -> bytes:
    return json.dumps({"keys": list(entries)}).encode()


class Issuer:
    """What the server answers: `status` and `body`, after `delay_s`; `asked` counts the requests."""

    def __init__(self, body: bytes) -> None:
        self.status, self.body, self.delay_s = 200, body, 0.0
        self.headers: dict[str, str] = {}
        self.asked = 0
        self.url = ""


@contextmanager
def issuing(*entries: dict[str, Any]) -> Iterator[Issuer]:
    """A server with this key set."""
    issuer = Issuer(key_set(*entries))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked += 1
            time.sleep(issuer.delay_s)
            self.send_response(issuer.status)
            for name, value in issuer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(issuer.body)))
            self.end_headers()
            self.wfile.write(issuer.body)

        def log_message(self, *_: Any) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{server.server_port}/jwks.json"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
