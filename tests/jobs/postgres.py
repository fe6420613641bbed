"""A real PostgreSQL on a free port of the loopback that can be stopped, killed and restarted."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.app.server import eventually

_FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name), reverse=True)


def absence() -> str | None:
    """Why there is no PostgreSQL here; None where there is one."""
    if not any((folder / "postgres").exists() for folder in _FOLDERS):
        return "there is no PostgreSQL on this machine"
    if os.geteuid() == 0 and _user() is None:
        return "PostgreSQL does not run as root, and there is no user postgres"
    return None


def _user() -> str | None:
    """The user that it runs as where this process is root's; None: this process's user."""
    try:
        return pwd.getpwnam("postgres").pw_name if os.geteuid() == 0 else None
    except KeyError:
        return None


needs_postgres = pytest.mark.skipif(absence() is not None, reason=str(absence()))


class PostgresServer:
    """`is_durable`: it waits for the disk, as one that is not for tests."""

    def __init__(self, folder: Path, *, is_durable: bool = False) -> None:
        self._is_durable = is_durable
        self._programs = _FOLDERS[0]
        self._data = folder / "data"
        user = _user()
        self._as_user = {} if user is None else {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
        if user is not None:
            shutil.chown(folder, user)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"postgresql://test@127.0.0.1:{self.port}/postgres"
        self._process: subprocess.Popen[bytes] | None = None
        make = [
            self._programs / "initdb",
            "-D",
            self._data,
            "-U",
            "test",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
        ]
        subprocess.run(make, check=True, capture_output=True, cwd=folder, **self._as_user)

    def start(self) -> None:
        settings = [f"port={self.port}", "listen_addresses=127.0.0.1", "unix_socket_directories="]
        settings += [] if self._is_durable else ["fsync=off"]
        options = [part for setting in settings for part in ("-c", setting)]
        command = [self._programs / "postgres", "-D", self._data, *options]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=self._data, **self._as_user)
        eventually(self._answers)

    def stop(self) -> None:
        """End all connections at once, in order (`pg_ctl stop -m fast`)."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End as in a crash (`pg_ctl stop -m immediate`)."""
        self._end(signal.SIGQUIT)

    def empty(self) -> str:
        """The URL of the database, with nothing in it; much faster than a new one."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        return self.url

    def end_connections(self) -> None:
        """End the others' connections, as an administrator or a failing network does."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            connection.execute(others + " AND backend_type = 'client backend'")

    def _end(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(timeout=20)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def postgres_running(*, is_durable: bool = False) -> Iterator[PostgresServer]:
    folder = Path(tempfile.mkdtemp(prefix="likeness-postgres-"))  # pytest's own folders are closed to other users
    try:
        server = PostgresServer(folder, is_durable=is_durable)
        server.start()
        try:
            yield server
        finally:
            server.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
