"""A receiver of webhooks: a server of the test that answers as told, and checks what it gets as receivers do."""

from __future__ import annotations

import socket
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from standardwebhooks import Webhook

from app.sources.poster import Poster
from app.sources.resolution import Lookup
from tests.app.sources.web import TRUSTS_NOBODY, Names, Web, response, web

URL = "http://shop.example.org/hook?token=canary-webhook"
SECRET = f"whsec_{b64encode(b's' * 32).decode()}"


class Receiver:
    """`answers` are given one after the other, the last one again and again; a number is a status, None is silence.

    Hosts with `silent` in their name get none, if that is set.
    """

    def __init__(self, *answers: int | bytes | None) -> None:
        self._answers = list(answers or [200])
        self.messages: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.bodies: list[bytes] = []
        self.silent: str | None = None
        self.there: Web

    def answer(self, connection: socket.socket, head: bytes) -> None:
        lines, _, body = head.partition(b"\r\n\r\n")
        headers = {
            name.lower(): value
            for name, _, value in (line.partition(": ") for line in lines.decode().split("\r\n")[1:])
        }
        while len(body) < int(headers["content-length"]):
            body += connection.recv(65536)
        self.bodies.append(body)
        self.messages.append(Webhook(SECRET).verify(body, headers))  # raises where the signature is wrong
        self.ids.append(headers["webhook-id"])
        if self.silent is not None and self.silent in headers["host"]:
            connection.recv(1)  # until the sender gives up
            return
        said = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if said is None:
            time.sleep(1)
        else:
            connection.sendall(said if isinstance(said, bytes) else response(b"", f"{said} Said"))

    def poster(self, names: Lookup | None = None, **others: Any) -> Poster:
        """What leads every address to this server."""
        chosen: dict[str, Any] = {"tls": TRUSTS_NOBODY, "timeout_s": 5.0, **others}
        return Poster(**chosen, lookup=names or Names(), network=self.there.network)


@contextmanager
def receiving(*answers: int | bytes | None) -> Iterator[Receiver]:
    receiver = Receiver(*answers)
    with web(receiver.answer) as there:
        receiver.there = there
        yield receiver
