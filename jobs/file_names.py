"""Names for results, made of the names that clients gave to their photos."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from urllib.parse import quote

LONGEST = 120
LONGEST_BYTES = 240  # common file systems take 255
SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,5}$", re.ASCII)
FORBIDDEN = re.compile(r'[<>:"|?*]')
DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])", re.IGNORECASE)


def safe_names(files: Iterable[tuple[str, str]], taken: Iterable[str] = ()) -> list[str]:
    """For each (client's name of the photo, suffix of the result) a name for the result, in the same order.

    A name has no folder, no control or formatting character, nothing that Windows forbids, at most 120 characters
    and 240 bytes; it differs from all others and from `taken`, on systems that ignore case too.
    """
    used = {_folded(name) for name in taken}
    copies: Counter[str] = Counter()
    names = []
    for client_name, suffix in files:
        stem = _stem(client_name)
        same = _folded(stem + suffix)
        name = _short(stem, suffix)
        while _folded(name) in used:
            copies[same] += 1
            name = _short(stem, f" ({copies[same] + 1}){suffix}")
        used.add(_folded(name))
        names.append(name)
    return names


def safe_name(client_name: str, suffix: str) -> str:
    """The name for one result alone, as `safe_names` makes it."""
    return safe_names([(client_name, suffix)])[0]


def content_disposition(file_name: str) -> str:
    """The header that makes a download of this name (RFC 6266), with the name in ASCII and in UTF-8 (RFC 5987).

    Control characters, quotation marks and paths cannot get into it.
    """
    name = shown(file_name).strip() or "result"
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r'["%;]', "_", plain).strip() or "result"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def shown(name: str) -> str:
    """A client's name without its folder and without characters that are not seen or turn the text around."""
    last = re.split(r"[/\\]", name)[-1]
    seen = (char for char in last if unicodedata.category(char) not in ("Zl", "Zp") and _is_seen(char))
    return unicodedata.normalize("NFC", "".join(seen))


def _is_seen(char: str) -> bool:
    return not unicodedata.category(char).startswith("C")


def _stem(name: str) -> str:
    stem = SUFFIX.sub("", shown(name))
    stem = FORBIDDEN.sub("_", stem).strip(" .") or "photo"
    return f"_{stem}" if DEVICES.fullmatch(stem.split(".")[0].strip()) else stem


def _short(stem: str, tail: str) -> str:
    stem = stem[: LONGEST - len(tail)]
    while len((stem + tail).encode()) > LONGEST_BYTES:
        stem = stem[:-1]
    return stem.rstrip(" .") + tail


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())
