"""A command line that is refused."""

from __future__ import annotations

import pytest

from app.__main__ import main


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The text on standard error for arguments that are refused with status 2."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    return capsys.readouterr().err
