"""Operators: the owners who may do what concerns the whole server."""

from app.access.keys import NAME

SUBJECT = "token:"  # and the `sub` of a token; the name of a key has no colon


def parse_operators(text: str) -> frozenset[str]:
    """The owners of `admin,token:alice`: names of API keys, and subjects of tokens. Raises `ValueError`."""
    names = frozenset(filter(None, map(str.strip, text.split(","))))
    for name in sorted(names):
        if NAME.fullmatch(name) is None and (not name.startswith(SUBJECT) or name == SUBJECT):
            raise ValueError(f"{name} is neither the name of an API key nor {SUBJECT} and the subject of a token")
    return names
