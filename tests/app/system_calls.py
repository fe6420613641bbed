"""A command run under strace, in a network namespace that has no way out, with a home that it may write into.

Audit hooks see only what Python does; strace sees the native code of the libraries as well. It does not see what a
program does through an io_uring: uvloop polls with one, and hands it no files and no connections.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 100.0  # seconds
NO_NETWORK = ("unshare", "--net") if os.geteuid() == 0 else ("unshare", "--map-root-user", "--net")
OPENING = ("open", "openat", "openat2", "creat")
MAKING = ("mkdir", "mkdirat", "mknod", "mknodat", "link", "linkat", "symlink", "symlinkat")
CHANGING = ("rename", "renameat", "renameat2", "truncate", "ftruncate")
SENDING = ("connect", "sendto", "sendmsg", "sendmmsg")
# "?": not every processor has every call. One file for each thread, so that no two calls share a line.
TRACED = ",".join(f"?{call}" for call in (*OPENING, *MAKING, *CHANGING, *SENDING))
STRACE = ("strace", "-ff", "-qq", "--seccomp-bpf", "--signal=none", f"--trace={TRACED}")

WRITES = re.compile(r"open\w*\(.*\bO_(WRONLY|RDWR|CREAT|TRUNC)\b|(creat|mk|rename|link|symlink|f?truncate)")
HARMLESS = re.compile(r'"/dev/null"|^mkdir.* EEXIST ')
CONTACTS = re.compile(r"(connect|send)\w*\(.*sa_family=AF_(UNIX|INET)")
LOOPBACK = re.compile(r'inet_addr\("127\.|AF_INET6, "::1"')
DNS = re.compile(r"htons\(53\)")


@dataclass(frozen=True)
class Watched:
    """What a command did: the system calls of all its threads, its output, and the files that it left."""

    calls: tuple[str, ...]
    stdout: str
    left: tuple[Path, ...]

    @property
    def writes(self) -> list[str]:
        """The calls that open a file for writing, or make, rename or shorten one, whether they succeeded or not."""
        return [call for call in self.calls if WRITES.match(call) and not HARMLESS.search(call)]

    @property
    def contacts(self) -> list[str]:
        """The calls that go beyond the loopback, to a process on this machine, or to a name server wherever it is."""
        return [call for call in self.calls if CONTACTS.match(call) and (DNS.search(call) or not LOOPBACK.search(call))]


def hindrance() -> str | None:
    """Why nothing can be watched on this machine, or None."""
    missing = [name for name in (NO_NETWORK[0], STRACE[0]) if shutil.which(name) is None]
    if missing:
        return f"needs {' and '.join(missing)}"
    with tempfile.TemporaryDirectory() as folder:
        command = [*NO_NETWORK, *STRACE, f"--output={folder}/thread", "true"]
        tried = subprocess.run(command, capture_output=True, text=True, check=False)
    return None if tried.returncode == 0 else f"tracing without a network is not allowed here: {tried.stderr.strip()}"


def watch(folder: Path, arguments: Sequence[str], *, wrapper: Sequence[str] = (), **settings: str) -> Watched:
    """Run Python with these arguments to its end, which must be a success, and collect what it did.

    `wrapper` is a command that runs the traced command: `tests.app.solitary_server` sends photos to it.
    """
    home, temporary, calls = (folder / name for name in ("home", "tmp", "calls"))
    for made in (home, temporary, calls):
        made.mkdir(parents=True)
    # Bytecode beside the source is Python's own; README says so, and the image has it compiled.
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(home)}
    environment |= {"TMPDIR": str(temporary), "LIKENESS_MODELS": "embedded", "LIKENESS_DEVICE": "cpu"}
    environment |= {"LIKENESS_DRAIN_S": "0", **settings}
    command = [*NO_NETWORK, *wrapper, *STRACE, f"--output={calls}/thread", sys.executable, *arguments]
    stdout = output_of(command, environment)
    lines = tuple(line for file in sorted(calls.iterdir()) for line in file.read_text(errors="replace").splitlines())
    return Watched(lines, stdout, (*home.rglob("*"), *temporary.rglob("*")))


def output_of(command: Sequence[str], environment: dict[str, str]) -> str:
    """The standard output of a command that must succeed. If it takes too long, its child processes end with it."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    ) as process:
        try:
            stdout, stderr = process.communicate(timeout=PATIENCE)
        except BaseException:  # pytest's timeout, too
            os.killpg(process.pid, signal.SIGKILL)
            raise
    assert process.returncode == 0, stderr
    return stdout
