from __future__ import annotations

import re

import numpy as np
import pytest

from bench import memory

pytestmark = pytest.mark.alone


def test_memory_does_not_grow(capsys: pytest.CaptureFixture[str]) -> None:
    status = memory.main(["--requests", "40", "--warm-up", "10"])
    said = capsys.readouterr().out
    assert status == 0, said
    assert len(re.findall(r"^ +\d+ +\d+\.\d +\d+$", said, re.MULTILINE)) == memory.SAMPLES + 1
    growth = re.search(r"growth ([+-]\d+\.\d) MB over 40 requests", said)
    assert growth is not None
    assert float(growth[1]) < memory.LIMIT_MB


def test_a_leak_is_found(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    leaked = []
    send = memory.send

    def leaking_send(client: object, file: bytes, times: int) -> None:
        # Much more than the limit, because the test process may return other memory at the same time.
        leaked.append(np.ones(int(6 * memory.LIMIT_MB * 1e6), np.uint8))
        send(client, file, times)  # type: ignore[arg-type]

    monkeypatch.setattr(memory, "send", leaking_send)
    assert memory.main(["--requests", "2", "--warm-up", "1"]) == 1
    assert "too much" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--requests", "0"], ["--warm-up", "-1"], ["--requests", "many"]])
def test_arguments_that_make_no_sense(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        memory.main(arguments)
    assert caught.value.code == 2
