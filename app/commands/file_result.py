"""What became of one photo of a command, and the file that its result is written into."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any, Protocol

from app.commands.lacking import LACKING
from app.work.order import Task


class Warned(Protocol):
    """A warning of a report, be it ours or the client's."""

    @property
    def code(self) -> str:
        """For programs."""
        ...

    @property
    def message(self) -> str:
        """For people."""
        ...


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one photo: as a sentence, and as the JSON document of an answer over HTTP, less the picture.

    `lacking`: code → sentence of the warnings that the sentence leaves out, as they are true of every photo.
    """

    source: Path
    target: Path
    done: bool
    message: str
    document: Mapping[str, Any]
    lacking: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The same of a photo that has not failed; `data` is what the document has under this name."""

    message: str
    data: Any
    lacking: Mapping[str, str]

    def of(self, source: Path, target: Path) -> FileResult:
        """The result for these files."""
        return FileResult(source, target, True, self.message, {"status": "success", "data": self.data}, self.lacking)


def failed(source: Path, target: Path, error: Exception) -> FileResult:
    """The result for a photo that has failed. An error that names neither code nor stage is one of the disk's."""
    code, stage = getattr(error, "code", "file_failed"), getattr(error, "stage", "file")
    return FileResult(source, target, False, str(error), {"error": str(error), "stage": stage, "code": code})


@dataclass(frozen=True, slots=True)
class Summary:
    """What the sentence about a photo tells: counts of faces, pixels of the result, warnings.

    `reasons` has a sentence for each face that was kept.
    """

    task: Task
    restored: int
    faces: int
    width: int
    height: int
    warnings: Sequence[Warned]
    reasons: Sequence[str]

    def of_result(self, seconds: float) -> str:
        """The sentence about a finished photo, which took `seconds` of work."""
        return f"{self._faces('restored')}{self.width}×{self.height}, {seconds:.1f} s.{self._warnings}"

    def of_estimate(self, seconds: float, memory_bytes: int) -> str:
        """The sentence about a photo of a dry run."""
        cost = f"about {seconds:.1f} s and {memory_bytes / 2**20:.0f} MB"
        return f"{self._faces('would be restored')}{self.width}×{self.height}, {cost}.{self._warnings}"

    @property
    def lacking(self) -> dict[str, str]:
        """Code → sentence of the warnings that the sentence leaves out."""
        return {warning.code: warning.message for warning in self.warnings if warning.code in LACKING}

    def _faces(self, verb: str) -> str:
        return f"{self.restored} of {self.faces} face(s) {verb}, " if self.task == "enhance" else ""

    @property
    def _warnings(self) -> str:
        return "".join(f" {self._words(warning)}" for warning in self.warnings if warning.code not in LACKING)

    def _words(self, warning: Warned) -> str:
        if warning.code == "no_face_restored" and self.reasons:  # which points at the report, and nobody here sees it
            return " ".join(("No face was restored.", *dict.fromkeys(self.reasons)))
        return warning.message


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
