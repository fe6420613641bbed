"""Names for the results of a folder's photos: no two photos get the same one, whatever the disk."""

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath
from unicodedata import normalize


def plain_name(photo: PurePath, suffix: str) -> PurePath:
    """A photo's path with `suffix` instead of its own: `IMG_1.jpg` → `IMG_1.png`."""
    return photo.with_name(photo.stem + suffix)


def target_names(photos: Sequence[PurePath], suffixes: Sequence[str]) -> list[PurePath]:
    """The path of each photo's result, which ends with its suffix, in the order of `photos`.

    All are relative to a folder of their own. It is the `plain_name`. Photos that would share it, and one that would be
    written where another's folder is, keep their whole name before the suffix: `IMG_1.jpg.png`. That may be the plain
    name of yet another photo, which then keeps its whole name too. Where whole names are the same (`IMG_1.jpg` and
    `IMG_1.JPG`), all but the first get a number: `IMG_1.jpg.2.png`.

    Names count as the same if they differ only in case or in how accents are encoded: on many disks of macOS and
    Windows they name one file.
    """
    folders = {_key(folder) for photo in photos for folder in photo.parents}
    names = [plain_name(photo, suffix) for photo, suffix in zip(photos, suffixes, strict=True)]
    whole: set[int] = set()
    while True:
        users = Counter(map(_key, names))
        users.update(folders)
        sharing = {place for place, name in enumerate(names) if users[_key(name)] > 1} - whole
        if not sharing:
            return _numbered(names, folders)
        for place in sharing:
            names[place] = photos[place].with_name(photos[place].name + suffixes[place])
        whole |= sharing


def _numbered(names: Sequence[PurePath], folders: set[str]) -> list[PurePath]:
    wanted = {_key(name) for name in names}  # a number must not lead to the name of another photo
    taken, numbered = set(folders), []
    for name in names:
        free, number = name, 1
        while _key(free) in taken or (number > 1 and _key(free) in wanted):
            number += 1
            free = name.with_name(f"{name.stem}.{number}{name.suffix}")
        taken.add(_key(free))
        numbered.append(free)
    return numbered


def _key(path: PurePath) -> str:
    """The same text for names that are the same: Unicode's canonical caseless matching (Unicode 15, D145)."""
    return normalize("NFD", normalize("NFD", str(path)).casefold())
