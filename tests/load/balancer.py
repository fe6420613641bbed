"""A real nginx with deploy/nginx.conf, in front of replicas on the loopback interface."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

CONFIGURATION = Path(__file__).resolve().parents[2] / "deploy" / "nginx.conf"
TIMEOUT_S = 20.0  # generous: nginx's start and its log take a fraction of a second
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")  # folders


@dataclass(frozen=True)
class Balancer:
    """A running nginx."""

    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def log(self, count: int) -> list[dict[str, Any]]:
        """The access log, once it has `count` lines. nginx writes one line per request, just after the answer."""
        end = time.monotonic() + TIMEOUT_S
        while len(lines := (self.folder / "access.log").read_text().splitlines()) < count:
            assert time.monotonic() < end, f"{len(lines)} lines in the log, not {count}"
            time.sleep(0.01)
        return [json.loads(line) for line in lines]

    def error_log(self) -> str:
        """The error log."""
        return (self.folder / "error.log").read_text()

    def temporary_files(self) -> list[Path]:
        """Files and folders in the temporary folders. nginx does not remove a folder that it made for a file."""
        return [found for name in TEMPORARY for found in (self.folder / name).rglob("*")]


@contextmanager
def balancing(folder: Path, replicas: Sequence[int], **changed: str) -> Iterator[Balancer]:
    """Run nginx in front of the replicas on these ports; skips without nginx. `changed`: new values of directives."""
    nginx = shutil.which("nginx", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))
    if nginx is None:
        pytest.skip("needs nginx (Debian's package will do): .ci/run installs it")
    port = free_port()
    file = folder / "nginx.conf"
    file.write_text(rendered(folder, port, replicas, **changed))
    process = subprocess.Popen([nginx, "-p", str(folder), "-c", str(file), "-g", "daemon off;"])
    balancer = Balancer(port, folder)
    try:
        _wait_for(f"{balancer.url}/healthz", process)
        yield balancer
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(TIMEOUT_S)


def rendered(folder: Path, port: int, replicas: Sequence[int], **changed: str) -> str:
    """deploy/nginx.conf, adapted as its first lines say: another port and folder, replicas by address.

    Nothing else changes but the values of the directives in `changed`.
    """
    text = CONFIGURATION.read_text()
    text = _replaced(r"\blisten 8080;", f"listen 127.0.0.1:{port};", text)
    text = _replaced(r" /tmp/", f" {folder}/", text)
    text = _replaced(r" /dev/stdout ", f" {folder}/access.log ", text)
    text = _replaced(r" /dev/stderr ", f" {folder}/error.log ", text)
    servers = "".join(rf"server 127.0.0.1:{replica}\1; " for replica in replicas)
    text = _replaced(r"server likeness:8000 resolve( [^;]*);", servers, text)
    for directive, value in changed.items():
        text = _replaced(rf"(?<=\s){directive} [^;]+;", f"{directive} {value};", text)
    return text


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _replaced(pattern: str, replacement: str, text: str) -> str:
    result, count = re.subn(pattern, replacement, text)
    assert count, f"deploy/nginx.conf has no {pattern} any more"
    return result


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + TIMEOUT_S
    while True:
        assert process.poll() is None, "nginx ended; its output is above"
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < end, "nginx does not answer"
        time.sleep(0.02)
