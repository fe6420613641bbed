"""What a client has taken can be asked for at any time."""

from __future__ import annotations

import asyncio
import socket

import pytest

from app.connection.transport import LingeringTransport


@pytest.mark.parametrize("end", ["close", "reset"])
def test_delivered_can_be_asked_after_the_end(end: str) -> None:
    async def steps() -> list[int]:
        ours, theirs = socket.socketpair()
        with theirs:
            transport, _ = await asyncio.get_running_loop().connect_accepted_socket(asyncio.Protocol, ours)
            lingering = LingeringTransport(transport, lambda: False)
            before = lingering.delivered
            lingering.write(bytes(100))
            assert len(theirs.recv(100)) == 100
            during = lingering.delivered
            getattr(lingering, end)()
            await asyncio.sleep(0.01)
            return [before, during, lingering.delivered]

    assert asyncio.run(steps()) == [0, 100, 100]
