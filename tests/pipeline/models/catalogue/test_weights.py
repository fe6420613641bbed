from __future__ import annotations

import hashlib
import io
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save

from pipeline.errors import ModelUnavailable
from pipeline.models.catalogue.model_file import ModelFile
from pipeline.models.catalogue.weights import fault, installed, location, read_state_dict
from tests.pipeline.models.table import BIG, SMALL, put, row

TENSORS = {"first.weight": torch.arange(6.0).reshape(2, 3), "second.bias": torch.tensor([1.5])}


# --- location, fault ---------------------------------------------------------------------------------------------


def test_each_kind_of_model_has_its_place(weights_dir: Path, embedded_dir: Path) -> None:
    assert location(BIG, weights_dir) == weights_dir / "big.safetensors"
    assert location(SMALL, weights_dir) == embedded_dir / "small.safetensors"


@pytest.mark.usefixtures("embedded_dir")
def test_installed_is_what_lies_there(weights_dir: Path) -> None:
    assert installed(SMALL, weights_dir)
    assert not installed(BIG, weights_dir)
    put(weights_dir, BIG)
    assert installed(BIG, weights_dir)


def test_a_folder_is_no_model_file(weights_dir: Path) -> None:
    (weights_dir / BIG.file).mkdir()
    assert not installed(BIG, weights_dir)
    assert "missing" in str(fault(BIG, weights_dir))


def test_a_right_file_has_no_fault(weights_dir: Path) -> None:
    put(weights_dir, BIG)
    assert fault(BIG, weights_dir) is None


@pytest.mark.parametrize("position", range(7))
def test_one_flipped_bit_is_a_named_fault(weights_dir: Path, position: int) -> None:
    flipped = bytearray(b"content")
    flipped[position] ^= 1
    put(weights_dir, BIG, data=bytes(flipped))
    found = fault(BIG, weights_dir)
    assert found is not None
    assert found.startswith("big: ")
    assert hashlib.sha256(flipped).hexdigest() in found
    assert BIG.sha256 in found


def test_a_cut_file_is_a_fault_that_tells_both_sizes(weights_dir: Path) -> None:
    put(weights_dir, BIG, data=b"cont")
    found = fault(BIG, weights_dir)
    assert found is not None
    assert "4 bytes" in found
    assert "expected 7" in found


def test_a_file_that_cannot_be_read_is_a_fault_not_a_crash(weights_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(weights_dir, BIG)
    monkeypatch.setattr(Path, "open", unreadable)
    assert "big: " in str(fault(BIG, weights_dir))
    assert "Permission" in str(fault(BIG, weights_dir))


def test_a_folder_that_may_not_be_entered_holds_no_models(weights_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(weights_dir, BIG)
    monkeypatch.setattr(Path, "is_file", unreadable)
    assert not installed(BIG, weights_dir)
    assert "missing" in str(fault(BIG, weights_dir))


def unreadable(path: Path, mode: str = "r") -> bytes:
    raise PermissionError(13, "Permission denied")


# --- read_state_dict ---------------------------------------------------------------------------------------------


def torch_file(content: Any) -> bytes:
    target = io.BytesIO()
    torch.save(content, target)
    return target.getvalue()


def model_of(data: bytes, suffix: str) -> ModelFile:
    return row("model", "restorer", "official", data, file=f"model{suffix}")


def read(data: bytes, suffix: str, weights_dir: Path) -> dict[str, Any]:
    model = model_of(data, suffix)
    put(weights_dir, model, data=data)
    return read_state_dict(model, weights_dir)


@pytest.mark.parametrize(("data", "suffix"), [(save(TENSORS), ".safetensors"), (torch_file(TENSORS), ".pth")])
def test_weights_are_read_as_they_were_written(data: bytes, suffix: str, weights_dir: Path) -> None:
    found = read(data, suffix, weights_dir)
    assert found.keys() == TENSORS.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in TENSORS.items())
    assert all(tensor.device.type == "cpu" for tensor in found.values())


def test_weights_under_one_more_key_are_left_there(weights_dir: Path) -> None:
    assert list(read(torch_file({"params": TENSORS}), ".pth", weights_dir)) == ["params"]


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_a_wrong_hash_is_refused_by_name(suffix: str, weights_dir: Path) -> None:
    data = save(TENSORS) if suffix == ".safetensors" else torch_file(TENSORS)
    model = model_of(data, suffix)
    put(weights_dir, model, data=data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(ModelUnavailable, match=r"model: .* has SHA-256"):
        read_state_dict(model, weights_dir)


def test_a_missing_file_is_refused_by_name(weights_dir: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"big: .*cannot be read"):
        read_state_dict(BIG, weights_dir)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("data", [b"", b"<html>Not found</html>", b"PK\x03\x04" + bytes(50), bytes(200)])
def test_rubbish_with_the_right_hash_is_refused_by_name(data: bytes, suffix: str, weights_dir: Path) -> None:
    with pytest.raises(ModelUnavailable, match="model: "):
        read(data, suffix, weights_dir)


class Burglar:
    """Makes a folder when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.marker),)


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "broken-into"


@pytest.fixture(params=["zip", "legacy", "pickle"])
def hostile(request: pytest.FixtureRequest, marker: Path) -> bytes:
    """Unpickling this checkpoint would run code; in each format that torch reads."""
    content = {"first.weight": TENSORS["first.weight"], "trap": Burglar(marker)}
    if request.param == "pickle":
        data = pickle.dumps(Burglar(marker), protocol=2)
    else:
        target = io.BytesIO()
        torch.save(content, target, _use_new_zipfile_serialization=request.param == "zip")
        data = target.getvalue()
    if request.param == "pickle":
        pickle.loads(data)
    else:
        torch.load(io.BytesIO(data), weights_only=False)
    assert marker.is_dir()  # an unsafe reader runs the code
    marker.rmdir()
    return data


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_code_in_a_file_does_not_run_even_with_the_right_hash(
    hostile: bytes, suffix: str, marker: Path, weights_dir: Path
) -> None:
    with pytest.raises(ModelUnavailable, match="model: "):
        read(hostile, suffix, weights_dir)
    assert not marker.exists()


def test_a_file_with_a_wrong_hash_is_not_interpreted(
    hostile: bytes, marker: Path, weights_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader would run its code here, so that a call of it would show."""
    careless = torch.load
    monkeypatch.setattr(torch, "load", lambda file, **options: careless(file, weights_only=False))
    model = model_of(torch_file(TENSORS), ".pth")
    put(weights_dir, model, data=hostile)
    with pytest.raises(ModelUnavailable, match="SHA-256"):
        read_state_dict(model, weights_dir)
    assert not marker.exists()
