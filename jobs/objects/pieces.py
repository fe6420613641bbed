"""A stream of bytes cut anew."""

from collections.abc import AsyncGenerator, AsyncIterator


async def pieces(body: AsyncIterator[bytes], size: int) -> AsyncGenerator[bytes, None]:
    """The same bytes in pieces of `size` bytes, the last one shorter; nothing where there are none."""
    held = bytearray()
    async for chunk in body:
        view = memoryview(chunk)
        while len(held) + len(view) >= size:
            taken = size - len(held)
            held += view[:taken]
            view = view[taken:]
            yield bytes(held)
            held.clear()
        held += view
    if held:
        yield bytes(held)


async def slices(body: bytes, size: int) -> AsyncGenerator[bytes, None]:
    """Bytes in memory as a stream."""
    for at in range(0, len(body), size):
        yield body[at : at + size]
