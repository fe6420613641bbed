from __future__ import annotations

import json
import unicodedata
from email.message import Message
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.file_names import DEVICES, content_disposition, safe_names, shown

SUFFIXES = st.sampled_from([".png", ".jpg", ".webp", ".tiff"])
NAMES = st.one_of(
    st.text(),
    st.text(max_size=300).map(lambda text: text + ".jpg"),
    st.sampled_from(
        ["CON", "con.jpg", "Nul.a.png", "a", "A", "a.png", "a (2)", "..", ".", "", "report", "é", "e\u0301", "COM¹"]
    ),
    st.text(alphabet="a😀é", min_size=100, max_size=300),
)


@given(st.lists(st.tuples(NAMES, SUFFIXES), max_size=12))
def test_all_names_are_safe_and_differ(files: list[tuple[str, str]]) -> None:
    names = safe_names(files, ["report.png"])
    assert len(names) == len(files)
    for name, (_, suffix) in zip(names, files, strict=True):
        assert name.endswith(suffix)
        assert 0 < len(name) <= 120
        assert len(name.encode()) <= 255
        assert not set(name) & set('/\\<>:"|?*')
        assert not any(unicodedata.category(char).startswith("C") for char in name)
        assert name.strip(" .") == name
        assert not DEVICES.fullmatch(name.split(".")[0].strip())
    same = {unicodedata.normalize("NFC", name.casefold()) for name in [*names, "report.png"]}
    assert len(same) == len(names) + 1


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ("holiday.jpg", "holiday.png"),
        ("grand mère 1931.HEIC", "grand mère 1931.png"),
        ("v1.2 of it", "v1.2 of it.png"),
        ("../../etc/passwd", "passwd.png"),
        ("C:\\photos\\me.jpeg", "me.png"),
        ("con.jpg", "_con.png"),
        ("LPT1", "_LPT1.png"),
        ('a<b>:"c|d?*.jpg', "a_b___c_d__.png"),
        ("evil\u202egnp.exe", "evilgnp.png"),
        ("line\r\nbreak\x00.jpg", "linebreak.png"),
        (". . .", "photo.png"),
        ("", "photo.png"),
        (".jpg", "photo.png"),
        ("\ud800.jpg", "photo.png"),
    ],
)
def test_a_name_stays_as_alike_as_it_can(client: str, expected: str) -> None:
    assert safe_names([(client, ".png")]) == [expected]


def test_the_same_names_are_counted() -> None:
    files = [("a.jpg", ".png"), ("A.png", ".png"), ("a (2).jpg", ".png"), ("a.jpg", ".jpg"), ("x/a.tif", ".png")]
    assert safe_names(files) == ["a.png", "A (2).png", "a (2) (2).png", "a.jpg", "a (3).png"]


def test_a_thousand_same_names_are_fast_and_differ() -> None:
    assert len(set(safe_names([("photo.jpg", ".png")] * 2000))) == 2000


def test_a_shown_name_has_no_folder_and_nothing_unseen() -> None:
    assert shown("/tmp/a\u200bb\u2028\n.jpg") == "ab.jpg"


@given(st.text())
def test_any_name_makes_one_header_of_a_quoted_and_an_encoded_name(name: str) -> None:
    value = content_disposition(name)
    assert value.isascii()
    assert value.isprintable()
    assert value.count('"') == 2
    head = Message()
    head["Content-Disposition"] = value
    assert head.get_content_disposition() == "attachment"
    quoted, _, encoded = value.removeprefix('attachment; filename="').partition("\"; filename*=UTF-8''")
    assert quoted
    decoded = unquote(encoded, errors="strict")
    assert decoded
    assert "/" not in decoded
    assert "\\" not in decoded
    json.dumps(decoded)
