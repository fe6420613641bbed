"""`target_names`: every photo of a folder gets a name of its own."""

from __future__ import annotations

from pathlib import PurePath
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.commands.target_names import plain_name, target_names

# Few parts, so that names often meet: in case, in accents, in suffixes, in numbers, in the folders.
STEMS = st.sampled_from(["a", "A", "a.jpg", "a.png", "a.jpg.2", "\u00e9", "E\u0301", "\u00df", "ss", ".a"])
SUFFIXES = st.sampled_from(["", ".jpg", ".JPG", ".png", ".webp", ".2"])
NAMES = st.builds(str.__add__, STEMS, SUFFIXES)
PHOTOS = st.lists(st.lists(NAMES, min_size=1, max_size=3).map(lambda parts: PurePath(*parts)), max_size=12, unique=True)


def on_disk(path: PurePath) -> str:
    """What a disk of macOS or Windows knows a file by."""
    return normalize("NFC", normalize("NFC", str(path)).lower().replace("\u00df", "ss"))


def named(*photos: str, suffix: str = ".png") -> list[str]:
    return [str(name) for name in target_names([PurePath(photo) for photo in photos], [suffix] * len(photos))]


def test_a_photo_keeps_its_name_with_another_suffix() -> None:
    assert named("a.jpg", "b.PNG", "sub/a.jpg", "c", "d.e.jpe") == ["a.png", "b.png", "sub/a.png", "c.png", "d.e.png"]
    assert named("a.jpg", suffix=".webp") == ["a.webp"]


@pytest.mark.parametrize(
    ("photos", "names"),
    [
        (["a.jpg", "a.png", "b.jpg"], ["a.jpg.png", "a.png.png", "b.png"]),
        (["s/A.jpg", "s/a.png", "a.jpg"], ["s/A.jpg.png", "s/a.png.png", "a.png"]),
        (["S/a.jpg", "s/a.png"], ["S/a.jpg.png", "s/a.png.png"]),
        (["\u00e9.jpg", "e\u0301.png"], ["\u00e9.jpg.png", "e\u0301.png.png"]),
        (["a.jpg", "a.png", "a.jpg.webp"], ["a.jpg.png", "a.png.png", "a.jpg.webp.png"]),
        (["a", "a.jpg"], ["a.png", "a.jpg.png"]),
        (["a.JPG", "a.jpg"], ["a.JPG.png", "a.jpg.2.png"]),
        (["a.JPG", "a.jpg", "a.jpg.2.webp"], ["a.JPG.png", "a.jpg.3.png", "a.jpg.2.png"]),
        (["a.jpg", "a.png/b.jpg"], ["a.jpg.png", "a.png/b.png"]),
        (["a.jpg", "a.png/b.jpg", "a.jpg.PNG/c.jpg"], ["a.jpg.2.png", "a.png/b.png", "a.jpg.PNG/c.png"]),
    ],
)
def test_photos_that_would_share_a_name_keep_their_whole_names(photos: list[str], names: list[str]) -> None:
    assert named(*photos) == names


def test_each_photo_has_its_own_suffix() -> None:
    photos = [PurePath(name) for name in ("a.heic", "a.png", "b.jpeg", "b.gif", "c.JPG", "c.jpg")]
    names = target_names(photos, [".jpg", ".png", ".jpg", ".png", ".jpg", ".jpg"])
    assert [str(name) for name in names] == ["a.jpg", "a.png", "b.jpg", "b.png", "c.JPG.jpg", "c.jpg.2.jpg"]


@given(PHOTOS, st.data())
def test_no_two_photos_get_one_name(photos: list[PurePath], data: st.DataObject) -> None:
    suffixes = [data.draw(st.sampled_from([".png", ".jpg", ".webp"])) for _ in photos]
    names = target_names(photos, suffixes)
    places = [on_disk(name) for name in names]
    assert len(set(places)) == len(photos)
    assert not set(places) & {on_disk(folder) for photo in photos for folder in photo.parents}
    for photo, name, suffix in zip(photos, names, suffixes, strict=True):
        assert (name.parent, name.suffix) == (photo.parent, suffix)
        assert name.name.startswith(photo.stem)


@given(PHOTOS)
def test_a_photo_that_shares_its_name_with_none_keeps_it(photos: list[PurePath]) -> None:
    wanted = [on_disk(plain_name(photo, ".png")) for photo in photos]
    whole = [on_disk(photo.with_name(photo.name + ".png")) for photo in photos]
    folders = [on_disk(folder) for photo in photos for folder in photo.parents]
    for place, (photo, name) in enumerate(zip(photos, target_names(photos, [".png"] * len(photos)), strict=True)):
        others = [*wanted[:place], *wanted[place + 1 :], *whole[:place], *whole[place + 1 :], *folders]
        if not any(other.startswith(wanted[place].removesuffix(".png")) for other in others):
            assert name == plain_name(photo, ".png")
