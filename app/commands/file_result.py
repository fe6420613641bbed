"""What became of one photo of a command, as a sentence, and the file that its result is written into."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from app.work.order import Task


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one photo, as a sentence."""

    source: Path
    target: Path
    done: bool
    message: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What the sentence about a photo tells: counts of faces, pixels of the result, sentences of warnings."""

    task: Task
    restored: int
    faces: int
    width: int
    height: int
    warnings: Iterable[str]

    def of_result(self, seconds: float) -> str:
        """The sentence about a finished photo, which took `seconds` of work."""
        return f"{self._faces('restored')}{self.width}×{self.height}, {seconds:.1f} s.{self._warnings}"

    def of_estimate(self, seconds: float, memory_bytes: int) -> str:
        """The sentence about a photo of a dry run."""
        cost = f"about {seconds:.1f} s and {memory_bytes / 2**20:.0f} MB"
        return f"{self._faces('would be restored')}{self.width}×{self.height}, {cost}.{self._warnings}"

    def _faces(self, verb: str) -> str:
        return f"{self.restored} of {self.faces} face(s) {verb}, " if self.task == "enhance" else ""

    @property
    def _warnings(self) -> str:
        return "".join(f" {warning}" for warning in self.warnings)


def write_result(target: Path, data: bytes) -> None:
    """Write a result. The file gets its name only when it is whole. Raises `OSError`."""
    try:
        _write(target, data)
    except OSError as error:  # that of a full disk names no file
        raise OSError(f"{target} cannot be written: {error.strerror}.") from error


def _write(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own, as a photo or somebody's unfinished download may be called `….part` too; and a short one, as
    # disks take 255 bytes: 60 characters have 240 at most.
    partial = target.with_name(f"{target.name[:60]}.{token_hex(4)}.part")
    try:
        partial.write_bytes(data)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
