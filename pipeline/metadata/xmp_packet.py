"""XMP packets as trees, read within limits and without anything that XML can be expensive with."""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser, tostring

from pipeline.codec.limits import MAX_TEXT_BYTES

MAX_DEPTH = 32  # of elements in each other; real packets have about ten
MAX_NODES = 50_000  # elements and attributes; an editor's long history has about 20,000
_DECLARATIONS = "<!DOCTYPE", "<!ENTITY"  # entities may grow without bound, or name other files
_HEAD = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'.encode()
_TAIL = b'\n<?xpacket end="r"?>'


class BadPacket(ValueError):
    """A packet that is damaged, too large, or no XMP."""


class _BoundedBuilder:
    """Builds a tree as `TreeBuilder` does. Raises `BadPacket` where it gets too deep or large."""

    def __init__(self) -> None:
        self._builder, self._depth, self._nodes = TreeBuilder(), 0, 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._depth += 1
        self._nodes += 1 + len(attributes)
        if self._depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise BadPacket("The packet has more elements than that of any real photo.")
        self._builder.start(tag, attributes)

    def end(self, tag: str) -> None:
        """It ends."""
        self._depth -= 1
        self._builder.end(tag)

    def data(self, text: str) -> None:
        """Text in it."""
        self._builder.data(text)

    def close(self) -> Element:
        """The finished tree."""
        return self._builder.close()


def parsed(packet: bytes) -> Element:
    """The root element of a packet in UTF-8. Raises `BadPacket`."""
    if len(packet) > MAX_TEXT_BYTES:
        raise BadPacket(f"The packet has more than {MAX_TEXT_BYTES} bytes.")
    try:
        text = packet.decode("utf-8-sig").strip("\0 \t\r\n")
        if any(declaration in text for declaration in _DECLARATIONS):
            raise BadPacket("The packet declares a document type or entities.")
        parser = XMLParser(target=_BoundedBuilder())  # noqa: S314  declarations are refused above
        parser.feed(text)
        root: Element = parser.close()
    except (UnicodeDecodeError, ParseError, AssertionError) as error:
        raise BadPacket("The packet is no well-formed XML.") from error
    return root


def written(root: Element) -> bytes:
    """The packet of a tree whose names have prefixes instead of namespaces."""
    return _HEAD + tostring(root, encoding="unicode").encode() + _TAIL
