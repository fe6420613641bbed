"""API keys: parsing of the setting, comparison, and new keys."""

from __future__ import annotations

import hashlib

import pytest

from app.access.keys import Keys, new_key, parse_keys


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def test_a_key_has_the_name_of_its_entry() -> None:
    keys = parse_keys(f"shop:{digest('one')}, lab-2:{digest('two').upper()},")
    assert keys.owner(b"one") == "shop"
    assert keys.owner(b"two") == "lab-2"


@pytest.mark.parametrize("key", [b"", b"three", b"one ", b"One", digest("one").encode(), b"\xff" * 100_000])
def test_an_unknown_key_has_no_name(key: bytes) -> None:
    assert parse_keys(f"shop:{digest('one')}").owner(key) is None


def test_an_empty_list_has_no_keys() -> None:
    assert not parse_keys(" ")
    assert parse_keys("").owner(b"") is None
    assert parse_keys(f"shop:{digest('one')}")


def test_every_key_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []

    def compare(given: bytes, known: bytes) -> bool:
        compared.append(known)
        return given == known

    monkeypatch.setattr("app.access.keys.hmac.compare_digest", compare)
    keys = parse_keys(",".join(f"name{number}:{digest(str(number))}" for number in range(4)))
    for key in (b"0", b"3", b"none of them"):
        compared.clear()
        keys.owner(key)
        assert compared == list(keys.digests.values())


@pytest.mark.parametrize(
    "text",
    [
        "shop",
        "shop:",
        f":{'0a' * 32}",
        f"Shop:{'0a' * 32}",
        f"a shop:{'0a' * 32}",
        f"shop:{'0a' * 31}",
        f"shop:{'0a' * 33}",
        f"shop:{'0g' * 32}",
        f"shop={'0a' * 32}",
        f"shop:{'0a' * 32};lab:{'0b' * 32}",
        f"shop:{'0a' * 32},shop:{'0b' * 32}",
        f"shop:{'0a' * 32},lab:{'0A' * 32}",
        f"shop:{'0a' * 32}:x",
    ],
)
def test_a_malformed_list_of_keys_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"entry [12]|named shop|lab has the same key"):
        parse_keys(text)


def test_the_error_shows_neither_hash_nor_key() -> None:
    key, _ = new_key("shop")
    for text in (key, f"shop:{key}", f"{key}:shop", f"shop:{'0a' * 31}", f"a:{'0a' * 32},b:{'0a' * 32}"):
        with pytest.raises(ValueError, match="key") as caught:
            parse_keys(text)
        assert key not in str(caught.value)
        assert "0a0a" not in str(caught.value)


def test_a_new_key_has_256_bits_and_matches_its_entry() -> None:
    made = [new_key("shop") for _ in range(3)]
    assert len({key for key, _ in made}) == 3
    for key, entry in made:
        assert len(key) >= 43  # 256 bits
        assert key not in entry
        assert parse_keys(entry).owner(key.encode()) == "shop"


def test_keys_are_equal_by_value() -> None:
    assert parse_keys("") == Keys({})
