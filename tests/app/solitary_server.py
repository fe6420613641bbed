"""`python -m tests.app.solitary_server PHOTO COMMAND…`: start a server, send photos, stop it; print the statuses.

The command runs a server on its default port. All this happens in a network namespace whose only interface is a
loopback that is still down.
"""

from __future__ import annotations

import fcntl
import json
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil

PORT = 8000
PATIENCE = 60.0
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def main(photo: Path, *command: str) -> int:
    """0 if the command served, and ended as SIGTERM ends a process."""
    enable_loopback()
    tracer = subprocess.Popen(command)
    with httpx.Client(base_url=f"http://127.0.0.1:{PORT}", timeout=PATIENCE) as client:
        try:
            wait_until_ready(client, tracer)
            statuses = send(client, photo.read_bytes())
        finally:
            for server in psutil.Process(tracer.pid).children():  # not the tracer, which would leave it running
                server.terminate()
    sys.stdout.write(json.dumps(statuses))
    return 0 if tracer.wait(PATIENCE) == -signal.SIGTERM else 1


def enable_loopback() -> None:
    """What `ip link set lo up` does, which not every machine has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh", b"lo", 0)
        name, flags = struct.unpack_from("16sh", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh", name, flags | IFF_UP))


def wait_until_ready(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    """Return once photos are accepted."""
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        try:
            if client.get("/api/v1/health/ready").status_code == 200:
                return
        except httpx.ConnectError:
            pass
        time.sleep(0.1)
    raise SystemExit("the server did not start")


def send(client: httpx.Client, photo: bytes) -> list[int]:
    """The statuses of a photo with a reference, one answered by a picture, one that is cut off, and of the metrics."""
    files = {"file": ("photo", photo)}
    answers = (
        client.post("/api/v1/enhance", files={**files, "reference": ("reference", photo)}),
        client.post("/api/v1/enhance", files=files, headers={"Accept": "image/webp"}),
        client.post("/api/v1/enhance", files={"file": ("photo", photo[: len(photo) // 2])}),
        client.get("/metrics"),
    )
    return [answer.status_code for answer in answers]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
