"""A photo's XMP packet → the packet of a result, with the properties of an allow-list at every depth."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from pipeline.metadata.xmp_names import URIS, prefixed
from pipeline.metadata.xmp_packet import BadPacket, parsed, written

MAX_XMP_BYTES = 2**18  # of a result's packet; it holds what people write about a photo
_RDF, _XML = "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "http://www.w3.org/XML/1998/namespace"
# Values that consist of others, and the parts of those.
_STRUCTURE = {f"{{{_RDF}}}{name}": f"rdf:{name}" for name in ("Description", "Bag", "Seq", "Alt", "li", "value")}
_ATTRIBUTES = {f"{{{_RDF}}}resource": "rdf:resource", f"{{{_RDF}}}value": "rdf:value", f"{{{_XML}}}lang": "xml:lang"}
_PARSE_TYPE = f"{{{_RDF}}}parseType"


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
    source = root if root.tag == f"{{{_RDF}}}RDF" else root.find(f"{{{_RDF}}}RDF")
    if source is None:
        return b"", False
    meta = Element("x:xmpmeta", {"xmlns:x": "adobe:ns:meta/"})
    rdf = SubElement(meta, "rdf:RDF", {"xmlns:rdf": _RDF})
    for description in source.findall(f"{{{_RDF}}}Description"):
        kept = _kept(description, "rdf:Description", keep_location)
        if kept is not None:
            kept.set("rdf:about", "")
            rdf.append(kept)
    if not len(rdf):
        return b"", True
    names = {name for element in rdf.iter() for name in (element.tag, *element.keys())}
    for prefix in sorted({name.partition(":")[0] for name in names} & URIS.keys()):
        rdf.set(f"xmlns:{prefix}", URIS[prefix])
    result = written(meta)
    return (result, True) if len(result) <= MAX_XMP_BYTES else (b"", False)


def _kept(element: Element, name: str, keep_location: bool) -> Element | None:
    """The element as `name`, with what may be kept in it; None where nothing was in it or is left."""
    kept = Element(name)
    for attribute, value in element.items():
        known = _ATTRIBUTES.get(attribute) or prefixed(attribute, keep_location=keep_location)
        if known is not None:
            kept.set(known, value)
    says_something = kept.keys() not in ([], ["xml:lang"])
    if element.get(_PARSE_TYPE) == "Resource":
        kept.set("rdf:parseType", "Resource")
    elif element.get(_PARSE_TYPE) is not None:  # XML as a value, which nothing here understands
        return None
    for child in element:
        known = _STRUCTURE.get(child.tag) or prefixed(child.tag, keep_location=keep_location)
        part = None if known is None else _kept(child, known, keep_location)
        if part is not None:
            kept.append(part)
    if not len(element):
        kept.text = element.text
        says_something = says_something or bool((element.text or "").strip())
    return kept if says_something or len(kept) else None
