"""The errors of a download: those that the code may retry, and those that the user reads."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.models.catalogue.model_file import ModelFile

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LONGEST_REASON = 300  # characters


class DownloadFailed(PipelineError):
    """A model's file could not be fetched; the message says why, what to do, and whether a part is kept."""

    code = "download_failed"


class NoNetwork(DownloadFailed):
    """The address has no host that can be reached from here, so that trying other files is in vain too."""


class TransferFailed(Exception):
    """A file could not be fetched or is not the right one; the text is one or two sentences: why, and what to do."""


class Interrupted(TransferFailed):
    """Another attempt may help, after `pause_s` seconds (None: after the usual pause). `why` has no full stop."""

    def __init__(self, why: str, advice: str, pause_s: float | None = None) -> None:
        super().__init__(f"{why}. {advice}")
        self.why = why
        self.pause_s = pause_s


class Unreachable(Interrupted):
    """The host's name is not known or no network leads to it; another attempt helps only if one did before."""


class CannotResume(Interrupted):
    """The server does not send the rest of the file: the next attempt must begin it anew."""


def download_failed(model: ModelFile, error: Exception, folder: Path, part: Path) -> DownloadFailed:
    """The failure of one model, in words for the user. `part` is the file with the bytes that have arrived so far."""
    message = str(error)
    if isinstance(error, OSError):
        advice = (
            "Make room on its disk"
            if error.errno in _DISK_FULL
            else "Remove what is in the way, allow writing there, or choose another folder"
        )
        message = f"{error.filename or folder} cannot be written: {error.strerror or error}. {advice}, and try again."
    # Without permission to enter the folder os.path.isfile returns False; Path.is_file raises.
    kept = os.path.getsize(part) if os.path.isfile(part) else 0
    if kept:
        message += f" {kept} bytes are kept in {part} for the next try."
    failure = DownloadFailed(f"{model.name}: {message}", stage="models")
    failure.__cause__ = error
    return failure


def reason(error: BaseException) -> str:
    """An error's text as part of a sentence: only printable characters and short, because some come from servers."""
    text = "".join(character for character in str(error) if character.isprintable())
    return text[:_LONGEST_REASON].rstrip(". ") or type(error).__name__
