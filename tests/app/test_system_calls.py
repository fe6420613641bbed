"""Whole processes, watched by the kernel: no command writes a file that it was not asked for, or contacts a host."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests import images
from tests.app import onnx_command, samples, system_calls
from tests.app.system_calls import Watched, watch
from tests.detector_checkpoints import onnx_bytes

SERVE = ["-m", "app", "serve"]
STATUSES = [200, 200, 422, 200]
MEBIBYTE = 2**20
# It writes, makes a folder, and tries to reach a host, a name server and a process, each from native code.
HABITS = """
import ctypes, os, socket
native = ctypes.CDLL(None)
native.fopen(os.path.expanduser("~/file").encode(), b"w")
native.mkdir(os.path.expanduser("~/folder").encode(), 0o700)
socket.socket().connect_ex(("192.0.2.1", 443))
socket.socket(type=socket.SOCK_DGRAM).connect_ex(("127.0.0.53", 53))
socket.socket(socket.AF_UNIX).connect_ex("/var/run/nscd/socket")
socket.socket().connect_ex(("127.0.0.1", 80))
with open("/dev/null", "w"), open("/etc/hosts"):
    pass
"""


@pytest.fixture(scope="module", autouse=True)
def _possible() -> None:
    """Skip where processes cannot be watched."""
    reason = system_calls.hindrance()
    if reason is not None:
        pytest.skip(reason)


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo with a face, too large to be kept in memory by Starlette's default."""
    file = tmp_path_factory.mktemp("photo") / "photo.png"
    file.write_bytes(
        images.with_chunks(samples.file_of(samples.head(), "PNG"), images.chunk(b"prVt", images.noise(2 * MEBIBYTE)))
    )
    return file


@pytest.fixture(scope="module")
def served(photo: Path, tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """A server with the embedded models that started, answered and stopped."""
    return watch(tmp_path_factory.mktemp("served"), SERVE, wrapper=sending(photo))


@pytest.fixture(scope="module")
def served_with_onnx(photo: Path, tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """The same with a recogniser in an ONNX file."""
    weights = tmp_path_factory.mktemp("weights")
    (weights / onnx_command.FILE).write_bytes(recogniser())
    settings = {"LIKENESS_WEIGHTS_DIR": str(weights), "LIKENESS_RECOGNISER": onnx_command.NAME}
    arguments = ["-m", "tests.app.onnx_command", "serve"]
    return watch(tmp_path_factory.mktemp("onnx"), arguments, wrapper=sending(photo), **settings)


def sending(photo: Path) -> list[str]:
    return [sys.executable, "-m", "tests.app.solitary_server", str(photo)]


def recogniser() -> bytes:
    """A network that turns a face into 16 random sums of its pixels."""
    matrix = np.random.default_rng(0).normal(0, 0.01, (3 * 112 * 112, 16)).astype(np.float32)
    nodes = [helper.make_node("Flatten", ["face"], ["pixels"]), helper.make_node("MatMul", ["pixels", "m"], ["out"])]
    face = helper.make_tensor_value_info("face", TensorProto.FLOAT, ["N", 3, 112, 112])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, ["N", 16])
    return onnx_bytes(helper.make_graph(nodes, "sums", [face], [out], [numpy_helper.from_array(matrix, "m")]))


def test_a_server_writes_nothing_and_contacts_nobody(served: Watched) -> None:
    assert json.loads(served.stdout) == STATUSES
    assert (served.writes, served.contacts, served.left) == ([], [], ())


def test_a_server_with_an_onnx_model_writes_nothing_and_contacts_nobody(served_with_onnx: Watched) -> None:
    assert json.loads(served_with_onnx.stdout) == STATUSES
    assert (served_with_onnx.writes, served_with_onnx.contacts, served_with_onnx.left) == ([], [], ())


def test_onnxruntime_is_loaded_for_an_onnx_model_only(served: Watched, served_with_onnx: Watched) -> None:
    assert loads_onnxruntime(served_with_onnx)
    assert not loads_onnxruntime(served)


def loads_onnxruntime(watched: Watched) -> bool:
    return any("onnxruntime/capi" in call for call in watched.calls)


def test_enhance_writes_its_result_only(photo: Path, tmp_path: Path) -> None:
    result = tmp_path / "restored.png"
    watched = watch(tmp_path / "process", ["-m", "app", "enhance", str(photo), str(result)])
    assert result.is_file()
    assert [call for call in watched.writes if str(result) not in call] == []
    assert (watched.contacts, watched.left) == ([], ())


@pytest.mark.parametrize("arguments", [["models", "list"], ["keys", "new", "shop"]])
def test_other_commands_write_nothing_and_contact_nobody(arguments: list[str], tmp_path: Path) -> None:
    watched = watch(tmp_path, ["-m", "app", *arguments])
    assert watched.stdout
    assert (watched.writes, watched.contacts, watched.left) == ([], [], ())


def test_the_watch_sees_native_code(tmp_path: Path) -> None:
    watched = watch(tmp_path, ["-c", HABITS])
    assert [call.split("(")[0] for call in watched.writes] == ["openat", "mkdir"]
    assert len(watched.contacts) == 3
    for place, call in zip(("192.0.2.1", "127.0.0.53", "nscd"), watched.contacts, strict=True):
        assert place in call
    assert [path.name for path in sorted(watched.left)] == ["file", "folder"]
