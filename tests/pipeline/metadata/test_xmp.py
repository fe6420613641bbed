"""XMP packets that go into a result: which properties stay, and what packets are refused."""

from __future__ import annotations

import time
from collections.abc import Callable
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.codec.limits import MAX_TEXT_BYTES
from pipeline.metadata.xmp import MAX_XMP_BYTES, kept_xmp
from pipeline.metadata.xmp_packet import MAX_DEPTH, MAX_NODES
from tests.pipeline.metadata.blocks import HEAD, NAMESPACES, TAIL, xmp

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def kept(packet: bytes, *, location: bool = False) -> bytes:
    """The packet that stays of one that is not damaged."""
    written, whole = kept_xmp(packet, keep_location=location)
    assert whole
    return written


def name(prefixed: str) -> str:
    prefix, local = prefixed.split(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def descriptions(packet: bytes) -> list[Element]:
    return fromstring(packet.decode()).findall(f"{RDF}RDF/{RDF}Description")


def properties(packet: bytes) -> set[str]:
    """The names of all properties, at any depth, as elements and attributes."""
    found = {part for element in fromstring(packet.decode()).iter() for part in (element.tag, *element.keys())}
    return {part for part in found if not part.startswith((RDF, LANGUAGE[:-4], "{adobe:ns:meta/}"))}


def texts(packet: bytes, prefixed: str) -> list[str | None]:
    """The texts in the list of a property."""
    (found,) = descriptions(packet)[0].findall(name(prefixed))
    return [item.text for item in found.iter(f"{RDF}li")]


def test_lists_languages_and_structures_survive() -> None:
    packet = kept(
        xmp(
            "<dc:title><rdf:Alt><rdf:li xml:lang='x-default'>Am &amp; im See</rdf:li>"
            "<rdf:li xml:lang='fr'>Au lac</rdf:li></rdf:Alt></dc:title>"
            "<dc:creator><rdf:Seq><rdf:li>Ann</rdf:li><rdf:li>Bob</rdf:li></rdf:Seq></dc:creator>"
            "<dc:subject><rdf:Bag><rdf:li>lake</rdf:li><rdf:li>Größe</rdf:li></rdf:Bag></dc:subject>"
            "<Iptc4xmpCore:CreatorContactInfo rdf:parseType='Resource'>"
            "<Iptc4xmpCore:CiEmailWork>ann@example.org</Iptc4xmpCore:CiEmailWork>"
            "</Iptc4xmpCore:CreatorContactInfo>"
            "<exif:Flash><rdf:Description exif:Fired='True' exif:Mode='2'/></exif:Flash>",
            "xmp:Rating='4' xmp:CreateDate='2024-05-06T07:08:09'",
        )
    )
    assert texts(packet, "dc:title") == ["Am & im See", "Au lac"]
    assert [item.get(LANGUAGE) for item in fromstring(packet.decode()).iter(f"{RDF}li")][:2] == ["x-default", "fr"]
    assert texts(packet, "dc:creator") == ["Ann", "Bob"]
    assert texts(packet, "dc:subject") == ["lake", "Größe"]
    (description,) = descriptions(packet)
    assert description.get(name("xmp:Rating")) == "4"
    assert description.find(f"{name('dc:creator')}/{RDF}Seq") is not None
    contact = description.find(name("Iptc4xmpCore:CreatorContactInfo"))
    assert contact is not None
    assert contact.get(f"{RDF}parseType") == "Resource"
    assert contact.findtext(name("Iptc4xmpCore:CiEmailWork")) == "ann@example.org"
    flash = description.find(f"{name('exif:Flash')}/{RDF}Description")
    assert flash is not None
    assert flash.get(name("exif:Fired")) == "True"
    assert packet.startswith(b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>')


def test_another_prefix_for_a_known_namespace_is_understood_and_another_namespace_of_a_known_prefix_is_not() -> None:
    uri = NAMESPACES["dc"]
    content = f"<q:rights xmlns:q='{uri}'>image/jpeg</q:rights><dc:rights xmlns:dc='http://else/'>x</dc:rights>"
    assert properties(kept(xmp(content))) == {f"{{{uri}}}rights"}


DROPPED = {
    "an unknown namespace": "<drone:GpsLatitude>48</drone:GpsLatitude><drone:Yaw>1</drone:Yaw>",
    "develop settings": "<crs:Exposure2012>1</crs:Exposure2012>",
    "a panorama": "<GPano:PoseHeadingDegrees>1</GPano:PoseHeadingDegrees>",
    "the mark of more XMP": "<xmpNote:HasExtendedXMP>ABC</xmpNote:HasExtendedXMP>",
    "regions": "<mwg-rs:Regions rdf:parseType='Resource'><mwg-rs:RegionList/></mwg-rs:Regions>",
    "thumbnails": "<xmp:Thumbnails><rdf:Alt><rdf:li>/9j/</rdf:li></rdf:Alt></xmp:Thumbnails>",
    "the orientation": "<tiff:Orientation>6</tiff:Orientation>",
    "the size": "<tiff:ImageWidth>1</tiff:ImageWidth><tiff:ImageLength>1</tiff:ImageLength>"
    "<exif:PixelXDimension>1</exif:PixelXDimension><exif:PixelYDimension>1</exif:PixelYDimension>",
    "the format": "<dc:format>image/heic</dc:format>",
    "a place in the picture": "<exif:SubjectLocation><rdf:Seq><rdf:li>1</rdf:li></rdf:Seq></exif:SubjectLocation>"
    "<exif:SubjectArea><rdf:Seq><rdf:li>1</rdf:li></rdf:Seq></exif:SubjectArea>",
    "the colours": "<exif:ColorSpace>1</exif:ColorSpace><photoshop:ICCProfile>x</photoshop:ICCProfile>",
    "an editor's history": "<photoshop:History>x</photoshop:History>",
    "XML as a value": "<dc:title rdf:parseType='Literal'><b xmlns=''>x</b></dc:title>",
    "an empty value": "<dc:title/><dc:subject><rdf:Bag/></dc:subject>",
    "no namespace": "<title xmlns=''>x</title>",
}
PLACES = {
    "GPS": "<exif:GPSLatitude>48,8.5N</exif:GPSLatitude><exif:GPSLongitude>11,3.4E</exif:GPSLongitude>",
    "the city": "<photoshop:City>Berlin</photoshop:City><photoshop:State>BE</photoshop:State>"
    "<photoshop:Country>DE</photoshop:Country>",
    "the location": "<Iptc4xmpCore:Location>x</Iptc4xmpCore:Location>"
    "<Iptc4xmpCore:CountryCode>DE</Iptc4xmpCore:CountryCode>",
    "the location shown": "<Iptc4xmpExt:LocationShown><rdf:Bag><rdf:li rdf:parseType='Resource'>"
    "<Iptc4xmpExt:Sublocation>x</Iptc4xmpExt:Sublocation><Iptc4xmpExt:WorldRegion>y</Iptc4xmpExt:WorldRegion>"
    "<exif:GPSLatitude>1</exif:GPSLatitude></rdf:li></rdf:Bag></Iptc4xmpExt:LocationShown>",
    "a place in a structure": "<Iptc4xmpExt:ArtworkOrObject><rdf:Bag><rdf:li rdf:parseType='Resource'>"
    "<Iptc4xmpExt:ProvinceState>x</Iptc4xmpExt:ProvinceState></rdf:li></rdf:Bag></Iptc4xmpExt:ArtworkOrObject>",
    "the photographer's address": "<Iptc4xmpCore:CreatorContactInfo>"
    "<rdf:Description Iptc4xmpCore:CiAdrCity='Berlin'/></Iptc4xmpCore:CreatorContactInfo>",
    "coverage": "<dc:coverage>Berlin</dc:coverage>",
    "another name for a place": "<Iptc4xmpExt:PlaceName>x</Iptc4xmpExt:PlaceName>"
    "<Iptc4xmpExt:Province>y</Iptc4xmpExt:Province>",
}


@pytest.mark.parametrize("location", [False, True])
@pytest.mark.parametrize("content", DROPPED.values(), ids=DROPPED.keys())
def test_what_is_unknown_or_about_the_old_file_is_left_out(content: str, location: bool) -> None:
    assert kept(xmp(content), location=location) == b""
    beside = kept(xmp(f"{content}<dc:rights>image/jpeg</dc:rights>"), location=location)
    assert properties(beside) == {name("dc:rights")}


@pytest.mark.parametrize("content", PLACES.values(), ids=PLACES.keys())
def test_places_stay_only_where_they_are_asked_for(content: str) -> None:
    assert kept(xmp(content)) == b""
    assert properties(kept(xmp(content), location=True)) == properties(xmp(content))


def test_a_place_or_an_unknown_name_as_an_attribute_is_left_out() -> None:
    attributes = "photoshop:City='Berlin' exif:GPSLatitude='1' drone:Yaw='1' tiff:Orientation='6' xmp:Rating='4'"
    assert properties(kept(xmp("", attributes))) == {name("xmp:Rating")}


def test_what_the_packet_says_of_its_subject_and_between_elements_is_left_out() -> None:
    packet = xmp("<dc:rights>image/jpeg</dc:rights>secret").replace(b'rdf:about=""', b'rdf:about="secret"')
    assert b"secret" not in kept(packet)


def test_ends_of_lines_and_quotes_survive() -> None:
    (description,) = descriptions(kept(xmp("<dc:rights>a&#13;\n&lt;b\"'</dc:rights>", "xmp:Label='&#13;&#10;&quot;'")))
    assert description.findtext(name("dc:rights")) == "a\r\n<b\"'"
    assert description.get(name("xmp:Label")) == '\r\n"'


def test_a_packet_that_starts_with_rdf_is_understood() -> None:
    packet = xmp("<dc:rights>x</dc:rights>").replace(b"x:xmpmeta", b"x:xapmeta")
    start, end = packet.index(b"<rdf:RDF"), packet.index(b"</rdf:RDF>") + len(b"</rdf:RDF>")
    assert properties(kept(packet[start:end])) == {name("dc:rights")}
    assert kept_xmp(b"\xef\xbb\xbf" + packet[start:end] + b"\0\0")[0] == kept(packet[start:end])


BOMB = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]>'
DAMAGED = {
    "no XML": b"\xff\xd8\xff\xe0",
    "no known name": b"<x:xmpmeta><rdf:RDF/></x:xmpmeta>",
    "another encoding": xmp("<dc:rights>x</dc:rights>").decode().encode("utf-16"),
    "cut off": xmp("<dc:rights>x</dc:rights>")[:-40],
    "no RDF": b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>",
    "an undeclared prefix": f"{HEAD}<rdf:Description dc:rights='x'>{TAIL}".encode(),
    "entities": xmp("<dc:rights>&c;</dc:rights>").replace(b"<x:xmpmeta", BOMB.encode() + b"<x:xmpmeta"),
    "a document type": xmp("").replace(b"<x:xmpmeta", b"<!DOCTYPE x SYSTEM 'file:///etc/passwd'><x:xmpmeta"),
    "too deep": xmp("<dc:rights>" * MAX_DEPTH + "</dc:rights>" * MAX_DEPTH),
    "too long": xmp("<dc:rights>" + "x" * MAX_TEXT_BYTES + "</dc:rights>"),
    "too much to keep": xmp("<dc:rights>" + "x" * MAX_XMP_BYTES + "</dc:rights>"),
    "too many elements": xmp("<dc:rights/>" * MAX_NODES),
    "too many attributes": xmp("", " ".join(f"dc:a{at}=''" for at in range(MAX_NODES))),
}


@pytest.mark.parametrize("packet", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_or_hostile_packet_is_left_out_and_said(packet: bytes) -> None:
    started = time.process_time()
    assert kept_xmp(packet) == (b"", False)
    assert time.process_time() - started < 0.5


def filled(pattern: str) -> str:
    """The pattern with growing numbers, as often as it fits into the longest packet."""
    count = (MAX_TEXT_BYTES - 3_000) // (len(pattern) + 6)
    return "".join(pattern.replace("#", str(at)) for at in range(count))


EXPENSIVE = {
    "deep": lambda: xmp("<dc:a>" * 600_000),
    "attributes": lambda: xmp("", filled("dc:a#='' ")),
    "namespaces": lambda: xmp("", filled("xmlns:a#='u' ")),
    "a long namespace": lambda: xmp("", f"xmlns:q='{'u' * 2**21}' " + " ".join(f"q:a{at}=''" for at in range(99_000))),
    "a long name": lambda: xmp(f"<dc:{'cit' * 2**20}/>"),
    "lines": lambda: xmp("<dc:title>" + "\n" * (MAX_TEXT_BYTES - 3_000) + "</dc:title>"),
    "comments": lambda: xmp("<dc:title>" + "a<!---->" * 500_000 + "</dc:title>"),
    "characters as numbers": lambda: xmp("<dc:title>" + "&#65;" * 800_000 + "</dc:title>"),
    "as many elements as may be": lambda: xmp("<dc:title>x</dc:title>" * (MAX_NODES - 20)),
}


@pytest.mark.parametrize("make", EXPENSIVE.values(), ids=EXPENSIVE.keys())
def test_no_packet_takes_long(make: Callable[[], bytes]) -> None:
    packet = make()
    assert len(packet) <= MAX_TEXT_BYTES
    started = time.process_time()
    kept_xmp(packet)
    assert time.process_time() - started < 1


@given(st.binary(max_size=200), st.booleans())
def test_whatever_the_bytes_are_there_is_an_answer(data: bytes, inside: bool) -> None:
    written, _ = kept_xmp(f"{HEAD}<rdf:Description>".encode() + data + TAIL.encode() if inside else data)
    if written:
        descriptions(written)


NAMES = st.sampled_from(
    [f"{prefix}:{local}" for prefix in NAMESPACES for local in ("City", "GPSDateStamp", "Rating", "x")]
)
CONTENT = st.recursive(
    st.text("ab<&\"'é\n ", max_size=5).map(lambda text: text.replace("&", "&amp;").replace("<", "&lt;")),
    lambda inner: st.lists(st.tuples(NAMES, inner), max_size=3).map(
        lambda parts: "".join(f"<{name}>{content}</{name}>" for name, content in parts)
    ),
)


@given(CONTENT)
def test_no_place_stays_at_any_depth(content: str) -> None:
    written = kept(xmp(content))
    if written:
        assert not any("City" in found or "GPS" in found for found in properties(written))
        assert not any(found.startswith(f"{{{NAMESPACES['drone']}}}") for found in properties(written))
        assert kept(written) == written
