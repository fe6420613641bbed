from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from hypothesis import given
from hypothesis import strategies as st

from jobs.objects.pieces import pieces, slices


@given(st.lists(st.binary(max_size=20)), st.integers(1, 30))
def test_the_same_bytes_come_in_whole_pieces(chunks: list[bytes], size: int) -> None:
    async def body() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async def run() -> list[bytes]:
        return [piece async for piece in pieces(body(), size)]

    made = asyncio.run(run())
    assert b"".join(made) == b"".join(chunks)
    assert all(len(piece) == size for piece in made[:-1])
    assert all(0 < len(piece) <= size for piece in made[-1:])


@given(st.binary(max_size=50), st.integers(1, 30))
def test_slices_are_the_bytes(body: bytes, size: int) -> None:
    async def run() -> list[bytes]:
        return [piece async for piece in slices(body, size)]

    made = asyncio.run(run())
    assert b"".join(made) == body
    assert all(0 < len(piece) <= size for piece in made)
