"""What is wrong with the settings, in sentences that show no secret."""

import re

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.environment import nearest, variable_of
from app.settings import Settings

MAX_SHOWN = 100  # characters of a value
MAX_REASON = 500

_USER_INFO = re.compile(r"//.*@", re.DOTALL)
_HASH = re.compile(r"[0-9a-fA-F]{64}")
_WEBHOOK_SECRET = re.compile(r"whsec_\S*")


def sentences(error: ValidationError) -> list[str]:
    """One sentence for each setting that is wrong, and for each unknown name."""
    return [_sentence(wrong) for wrong in error.errors()]


def wrong_names(error: ValidationError) -> set[str]:
    """The names of the settings that are wrong, and the unknown ones."""
    return {str(wrong["loc"][0]) for wrong in error.errors()}


def masked(text: str, length: int = MAX_SHOWN) -> str:
    """The text on one line, shortened, without the user names and passwords of URLs, the hashes of keys and the secrets
    of webhooks.
    """
    public = _HASH.sub("***", _USER_INFO.sub("//***@", _WEBHOOK_SECRET.sub("***", text)))
    printable = public if public.isprintable() else repr(public)[1:-1]
    return printable if len(printable) <= length else f"{printable[:length]}…"


def _sentence(wrong: ErrorDetails) -> str:
    name = str(wrong["loc"][0])
    field = Settings.model_fields.get(name)
    if field is None:
        meant = variable_of(nearest(name, Settings.model_fields))
        return f"{variable_of(name)}: there is no such setting; the nearest name is {meant}."
    reason = masked(wrong["msg"].removeprefix("Value error, "), MAX_REASON)
    shown = f" (it is '{masked(str(wrong['input']))}')" if field.repr else ""
    return f"{variable_of(name)}: {reason}{shown}."
