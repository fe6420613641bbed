"""The environment: which of its variables are settings, which are Kubernetes', and which name was probably meant."""

import difflib
import os
import re
from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "LIKENESS_"

# Kubernetes sets these in every pod beside a Service named `likeness`, or `likeness-web`: its service links.
_LINK = re.compile(r"(?:.+_)?(?:service_host|service_port(?:_.+)?|port_\d+_(?:tcp|udp|sctp)(?:_(?:proto|port|addr))?)")
_LINK_PORT = re.compile(r"(?:.+_)?port")
_LINK_URL = re.compile(r"(?:tcp|udp|sctp)://")


class EnvironmentSettings(BaseSettings):
    """Settings whose fields are the variables `LIKENESS_<NAME>`. An unknown name is an error."""

    # A value may hold a password, and validation errors may end up in logs that others read.
    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    reads_environment: ClassVar[bool] = True

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *others: Any,
        **named: Any,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Where values come from, the first source preceding the others. Called by pydantic-settings."""
        if not cls.reads_environment:
            return (init_settings,)
        return init_settings, InitSettingsSource(settings_cls, read_environment(os.environ, cls.model_fields))


def variable_of(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def read_environment(environment: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    """The text of each setting that is set, by its name. An empty variable counts as not set.

    A variable that belongs to none of the `names` is in the result too, without its text, which may be a secret.
    Service links are left out.
    """
    found = {}
    for variable, text in environment.items():
        if variable[: len(PREFIX)].upper() != PREFIX or not text.strip():
            continue
        name = variable[len(PREFIX) :].lower()
        if not _is_service_link(name, text):
            # A byte that is not UTF-8 would be half a character here, which nothing can print or encode.
            found[name] = os.fsencode(text).decode(errors="replace") if name in names else ""
    return found


def nearest(name: str, names: Collection[str]) -> str:
    """The one of the `names` that is most like `name`."""
    return difflib.get_close_matches(name, names, n=1, cutoff=0)[0]


def _is_service_link(name: str, text: str) -> bool:
    is_url = _LINK_PORT.fullmatch(name) is not None and _LINK_URL.match(text) is not None
    return is_url or _LINK.fullmatch(name) is not None
