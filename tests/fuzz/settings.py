"""Whatever the environment, there are settings, or a `ValidationError` that shows no key.

Each line of the bytes is NAME=value, without LIKENESS_; other names than those of settings are left out.
"""

from __future__ import annotations

import os
from unittest.mock import patch

from pydantic import ValidationError

from app.settings import Settings

SECRET = "api_keys"
SHORTEST = 8  # characters of a secret that would be noticed in an error


def try_bytes(data: bytes) -> None:
    lines = (line.partition(b"=") for line in data.replace(b"\0", b"").split(b"\n"))
    values = {os.fsdecode(name).lower(): os.fsdecode(value) for name, _, value in lines}
    environment = {f"LIKENESS_{name.upper()}": value for name, value in values.items() if name in Settings.model_fields}
    with patch.dict(os.environ, environment):
        try:
            settings = Settings()
        except ValidationError as error:
            _check_silence(values.get(SECRET, ""), str(error))
            return
    _check_silence(values.get(SECRET, ""), repr(settings))
    if settings.max_body_bytes > settings.max_arriving_bytes or settings.photo_limits.max_input_pixels < 0:
        raise ValueError("With these settings no photo can arrive.")


def _check_silence(secret: str, shown: str) -> None:
    parts = (part.strip() for part in secret.replace(":", ",").split(","))
    if any(len(part) >= SHORTEST and part in shown for part in parts):
        raise ValueError("A key is shown.")
