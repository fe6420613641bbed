"""Types of settings that pydantic does not have: what a text must be, and why another one is refused.

The messages of settings that may contain a password never quote the value.
"""

import os
import re
import stat
from pathlib import Path
from typing import Annotated, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator

from app.access.addresses import is_loopback
from app.access.hosts import is_address, is_name

MAX_HOST = 253  # characters of a name in the DNS
MAX_TEXT = 8_000  # characters of any other text
MAX_KEYS = 100_000  # characters: over a thousand API keys
MAX_KEY_FILE = 65_536  # bytes

DATABASES = frozenset({"postgresql", "sqlite"})
BROKERS = frozenset({"redis", "rediss"})
OBJECT_STORES = frozenset({"s3", "gs", "az", "file", "memory"})

_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def at_most(length: int) -> BeforeValidator:
    """A validator that refuses a text with more characters."""

    def check(text: str) -> str:
        if len(text) > length:
            raise ValueError(f"it has {len(text)} characters, and {length} are the most")
        return text

    return BeforeValidator(check)


def check_host(text: str) -> str:
    """An address or a name to listen on. Raises `ValueError` for what cannot be one; nothing is resolved."""
    if not is_address(text) and (
        len(text) > MAX_HOST or not (text.isascii() and is_name(text.lower().removesuffix(".")))
    ):
        raise ValueError("it is neither an IP address nor the name of a host")
    return text


def check_mirror(url: str) -> str:
    """The base URL of a mirror; empty for none. Raises `ValueError` for anything else."""
    try:
        parts = urlsplit(url)
        is_base = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # its message would quote a part of the URL
        is_base = False
    if url and (not is_base or re.search(r"[?#\s]", url)):
        raise ValueError("it is no http or https address such as https://mirror.example.org/models")
    return url


def check_names(text: str) -> str:
    """Names of models, separated by commas. Raises `ValueError`; whether there are such models is seen later."""
    for name in filter(None, map(str.strip, text.split(","))):
        if not _MODEL.fullmatch(name):
            raise ValueError(
                "the name of a model has letters, digits, '.', '_' and '-' only, and commas separate several"
            )
    return text


def check_database(url: str) -> str:
    """The URL of a database; empty for none. Raises `ValueError`, which does not quote it, for another one."""
    if url and urlsplit(url).scheme not in DATABASES:
        raise ValueError("it is no address such as postgresql://user:password@host/name or sqlite:////folder/jobs.db")
    return url


def check_objects(url: str) -> str:
    """The URL of an object store; empty for none. Raises `ValueError`, which does not quote it, for another one."""
    if url and urlsplit(url).scheme not in OBJECT_STORES:
        raise ValueError("it is no address such as s3://bucket/prefix, gs://bucket, az://container or file:///folder")
    return url


def check_broker(url: str) -> str:
    """The URL of a broker; empty for none. Raises `ValueError`, which does not quote it, for another one."""
    wrong = ValueError("it is no address such as redis://host:6379/0, or rediss://user:password@host:6379/0 with TLS")
    try:
        parts = urlsplit(url)
        is_redis = parts.scheme in BROKERS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise wrong from None  # the cause would quote a part of the URL
    if url and (not is_redis or not re.fullmatch("/?|/[0-9]{1,5}", parts.path) or parts.query or parts.fragment):
        raise wrong
    return url


def check_jwks(url: str) -> str:
    """The URL of a key set; empty for none. Raises `ValueError`, which does not quote it, for another one."""
    try:
        parts = urlsplit(url)
        host, is_whole = parts.hostname or "", parts.port != 0 and "@" not in parts.netloc
    except ValueError:  # its message would quote a part of the URL
        host, is_whole = "", False
    if url and (not host or not is_whole or re.search(r"[#\s]", url) or parts.scheme not in ("http", "https")):
        raise ValueError("it is no https address such as https://login.example.org/.well-known/jwks.json")
    if url and parts.scheme == "http" and not is_loopback(host):
        raise ValueError(
            "over http anybody on the way could replace the keys; only localhost may have it, others https"
        )
    return url


def check_key_file(file: Path | None) -> Path | None:
    """A file with a public key. Raises `ValueError`, with the reason, for anything else."""
    if file is None:
        return None
    from app.access.public_keys import read_pem  # cryptography takes a tenth of a second, which few servers need

    try:
        if not stat.S_ISREG(file.stat().st_mode):
            raise ValueError(f"{file} is no file")
        with file.open("rb") as opened:
            data = opened.read(MAX_KEY_FILE + 1)
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from error
    if len(data) > MAX_KEY_FILE:
        raise ValueError(f"{file} has more than {MAX_KEY_FILE} bytes")
    _ = read_pem(data)
    return file


def expanded(folder: Path) -> Path:
    """The folder with a home folder in place of `~`; unchanged if there is no such home."""
    return Path(os.path.expanduser(folder))


def check_folder(folder: Path, *, missing_ok: bool) -> Path:
    """A folder that can be read. Raises `ValueError`, with the reason, for what is none."""
    try:
        os.scandir(folder).close()
    except FileNotFoundError:
        if not missing_ok:
            raise ValueError(f"{folder} does not exist") from None
    except NotADirectoryError:
        raise ValueError(f"{folder} is not a folder") from None
    except OSError as error:
        raise ValueError(f"{folder} cannot be read: {error.strerror}") from error
    else:
        if not os.access(folder, os.X_OK):
            raise ValueError(f"{folder} cannot be read: files in it cannot be opened")
    return folder


Host: TypeAlias = Annotated[str, AfterValidator(check_host)]
MirrorUrl: TypeAlias = Annotated[str, AfterValidator(check_mirror), at_most(MAX_TEXT)]
ModelNames: TypeAlias = Annotated[str, AfterValidator(check_names), at_most(MAX_TEXT)]
Folder: TypeAlias = Annotated[Path, AfterValidator(expanded)]
OptionalFolder: TypeAlias = Annotated[Path | None, AfterValidator(lambda folder: folder and expanded(folder))]
DatabaseUrl: TypeAlias = Annotated[str, AfterValidator(check_database), at_most(MAX_TEXT)]
BrokerUrl: TypeAlias = Annotated[str, AfterValidator(check_broker), at_most(MAX_TEXT)]
ObjectsUrl: TypeAlias = Annotated[str, AfterValidator(check_objects), at_most(MAX_TEXT)]
JwksUrl: TypeAlias = Annotated[str, AfterValidator(check_jwks), at_most(MAX_TEXT)]
OptionalKeyFile: TypeAlias = Annotated[OptionalFolder, AfterValidator(check_key_file)]
