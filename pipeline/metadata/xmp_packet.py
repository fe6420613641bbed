"""XMP packets as trees of the names that are known, read within limits; and written."""

from __future__ import annotations

from xml.etree.ElementTree import Element, TreeBuilder, tostring
from xml.parsers.expat import ExpatError, ParserCreate

from pipeline.codec.limits import MAX_TEXT_BYTES
from pipeline.metadata.xmp_names import PREFIXES

MAX_DEPTH = 32  # of elements in each other; real packets have about ten
MAX_NODES = 50_000  # elements and attributes; an editor's long history has about 20,000
_HEAD = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'.encode()
_TAIL = b'\n<?xpacket end="r"?>'
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DECLARATION = "xmlns"


class BadPacket(ValueError):
    """A packet that is damaged, too large, or no XMP."""


class _Builder:
    """Makes a tree of a parser's events. Elements of unknown namespaces are left out, with all that is in them.

    The parser does not resolve namespaces: a hostile packet can give many short names one very long namespace.
    Raises `BadPacket` where the tree gets too deep or large.
    """

    def __init__(self) -> None:
        self._tree, self._nodes = TreeBuilder(), 0
        self._open: list[str | None] = []  # the elements around, by their known names
        self._scopes: list[dict[str, str]] = []  # what each of these declares: prefix → namespace

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._nodes += 1 + len(attributes)
        if len(self._open) == MAX_DEPTH or self._nodes > MAX_NODES:
            raise BadPacket("The packet has more elements than that of any real photo.")
        declared = {key: value for key, value in attributes.items() if key.partition(":")[0] == _DECLARATION}
        self._scopes.append({key.partition(":")[2]: value for key, value in declared.items()})
        is_inside_unknown = bool(self._open) and self._open[-1] is None
        known = None if is_inside_unknown else self._known(name)
        self._open.append(known)
        if known is not None:
            named = {self._known(key): value for key, value in attributes.items() if ":" in key}
            self._tree.start(known, {key: value for key, value in named.items() if key is not None})

    def end(self, _: str) -> None:
        """It ends."""
        self._scopes.pop()
        known = self._open.pop()
        if known is not None:
            self._tree.end(known)

    def text(self, text: str) -> None:
        """Text in it."""
        if self._open[-1] is not None:
            self._tree.data(text)

    def refuse(self, *_: object) -> None:
        """A document type begins, which could declare entities that grow without bound, or name other files."""
        raise BadPacket("The packet declares a document type.")

    def close(self) -> Element:
        """The finished tree. Raises `BadPacket` where no element is known."""
        root: Element | None = self._tree.close()
        if root is None:
            raise BadPacket("The packet is no XMP.")
        return root

    def _known(self, name: str) -> str | None:
        """The name with the prefix that its namespace has here; None where that is unknown."""
        prefix, _, local = name.rpartition(":")
        if prefix == "xml":
            return name
        uri = next((scope[prefix] for scope in reversed(self._scopes) if prefix in scope), "")
        return f"{PREFIXES[uri]}:{local}" if uri in PREFIXES else None


def parsed(packet: bytes) -> Element:
    """The root element of a packet in UTF-8; names have the prefixes of `PREFIXES`. Raises `BadPacket`."""
    if len(packet) > MAX_TEXT_BYTES:
        raise BadPacket(f"The packet has more than {MAX_TEXT_BYTES} bytes.")
    builder, parser = _Builder(), ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = builder.start, builder.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = builder.text, builder.refuse
    try:
        parser.Parse(packet.removeprefix(_BYTE_ORDER_MARK).strip(b"\0 \t\r\n"), True)
        return builder.close()
    except ExpatError as error:
        raise BadPacket("The packet is no well-formed XML.") from error


def written(root: Element) -> bytes:
    """The packet of a tree whose names have prefixes."""
    text = tostring(root, encoding="unicode").replace("\r", "&#13;")  # which a parser would read as a new line
    return _HEAD + text.encode() + _TAIL
