"""A photo's XMP packet → the packet of a result, with the properties of an allow-list at every depth."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from pipeline.metadata.xmp_names import PREFIXES, is_kept
from pipeline.metadata.xmp_packet import BadPacket, parsed, written

MAX_XMP_BYTES = 2**18  # of a result's packet; it holds what people write about a photo
# Values that consist of others, and the parts of those.
_STRUCTURE = {f"rdf:{name}" for name in ("Description", "Bag", "Seq", "Alt", "li", "value")}
_ATTRIBUTES = {"rdf:resource", "rdf:value", "xml:lang"}
_PARSE_TYPE = "rdf:parseType"


def kept_xmp(packet: bytes, *, keep_location: bool = False) -> tuple[bytes, bool]:
    """The packet with what a result may keep, and whether it is neither damaged nor too large.

    It is empty where nothing is left.
    """
    if not packet:
        return b"", True
    try:
        root = parsed(packet)
    except BadPacket:
        return b"", False
    source = root if root.tag == "rdf:RDF" else root.find("rdf:RDF")
    if source is None:
        return b"", False
    descriptions = [_kept(found, keep_location) for found in source.findall("rdf:Description")]
    kept = [found for found in descriptions if found is not None]
    if not kept:
        return b"", True
    meta = Element("x:xmpmeta")
    rdf = SubElement(meta, "rdf:RDF")
    for description in kept:
        description.set("rdf:about", "")
        rdf.append(description)
    used = {name.partition(":")[0] for element in meta.iter() for name in (element.tag, *element.keys())}
    for uri, prefix in PREFIXES.items():
        if prefix in used:
            meta.set(f"xmlns:{prefix}", uri)
    result = written(meta)
    return (result, True) if len(result) <= MAX_XMP_BYTES else (b"", False)


def _kept(element: Element, keep_location: bool) -> Element | None:
    """The element with what may be kept in it; None where nothing was in it or is left."""
    kept = Element(element.tag)
    for name, value in element.items():
        if name in _ATTRIBUTES or is_kept(name, keep_location=keep_location):
            kept.set(name, value)
    says_something = any(name != "xml:lang" for name in kept.attrib)
    parse_type = element.get(_PARSE_TYPE)
    if parse_type == "Resource":
        kept.set(_PARSE_TYPE, "Resource")
    elif parse_type is not None:  # XML as a value, which nothing here understands
        return None
    for child in element:
        if child.tag in _STRUCTURE or is_kept(child.tag, keep_location=keep_location):
            part = _kept(child, keep_location)
            if part is not None:
                kept.append(part)
    if not len(element):
        kept.text = element.text
        says_something = says_something or bool((element.text or "").strip())
    return kept if says_something or len(kept) else None
