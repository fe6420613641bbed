"""The XMP properties that a result may keep, by namespace.

Sources: ISO 16684-1, CIPA DC-010 (exif, exifEX), IPTC Photo Metadata Standard, PLUS, PRISM, Creative Commons.
Unknown namespaces are left out: drones, panoramas and editors put locations, develop settings, previews and regions of
the old picture there. So are names that describe the file that the photo was.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_ABOUT_FILE = re.compile(
    r"Orientation|Image(?:Width|Length|Region)|Pixel[XY]Dimension|MaxAvail|Dimensions|Digest|ColorSpace|ColorMode|Gamma"
    r"|Subject(?:Area|Location)|FocalPlane|MakerNote|ComponentsConfiguration|CompressedBits|CFAPattern|OECF"
    r"|SpatialFrequency|DeviceSetting|RelatedSound|Interoperability|Thumbnail|Preview|History|Private|^format$",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"gps|location|place|city$|state$|province|country|region|coverage|address|CiAdr|street|postal|latitude|longitude"
    r"|altitude|pressure|waterdepth|venue",
    re.IGNORECASE,
)


_LONGEST = 100  # characters of a name, so that a packet full of one is not searched


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Namespace → the prefix that it gets, and its properties that are kept; None: all but those above.
_NAMESPACES: Mapping[str, tuple[str, frozenset[str] | None]] = {
    "http://purl.org/dc/elements/1.1/": ("dc", None),
    "http://ns.adobe.com/xap/1.0/": (
        "xmp",
        _names("CreateDate ModifyDate MetadataDate CreatorTool Rating Label Identifier Nickname"),
    ),
    "http://ns.adobe.com/xap/1.0/rights/": ("xmpRights", None),
    "http://ns.adobe.com/xap/1.0/mm/": ("xmpMM", _names("DocumentID InstanceID OriginalDocumentID")),
    "http://ns.adobe.com/photoshop/1.0/": (
        "photoshop",
        _names(
            "AuthorsPosition CaptionWriter Category City Country Credit DateCreated Headline Instructions Source State "
            "SupplementalCategories TransmissionReference Urgency"
        ),
    ),
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": ("Iptc4xmpCore", None),
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": ("Iptc4xmpExt", None),
    "http://ns.useplus.org/ldf/xmp/1.0/": ("plus", None),
    "http://ns.adobe.com/tiff/1.0/": ("tiff", _names("Make Model Software DateTime Artist Copyright ImageDescription")),
    "http://ns.adobe.com/exif/1.0/": ("exif", None),
    "http://cipa.jp/exif/1.0/": ("exifEX", None),
    "http://ns.adobe.com/exif/1.0/aux/": (
        "aux",
        _names(
            "ApproximateFocusDistance Firmware FlashCompensation ImageNumber Lens LensID LensInfo LensSerialNumber "
            "OwnerName SerialNumber"
        ),
    ),
    "http://ns.adobe.com/lightroom/1.0/": ("lr", _names("hierarchicalSubject weightedFlatSubject")),
    "http://ns.microsoft.com/photo/1.0/": (
        "MicrosoftPhoto",
        _names("CameraSerialNumber DateAcquired FlashManufacturer FlashModel LastKeywordIPTC LastKeywordXMP Rating"),
    ),
    "http://www.digikam.org/ns/1.0/": (
        "digiKam",
        _names("CaptionsAuthorNames CaptionsDateTimeStamps ColorLabel PickLabel TagsList"),
    ),
    "http://creativecommons.org/ns#": ("cc", None),
    "http://prismstandard.org/namespaces/basic/2.0/": ("prism", None),
    "http://prismstandard.org/namespaces/basic/3.0/": ("prism3", None),
    "http://prismstandard.org/namespaces/prismusagerights/2.1/": ("pur", None),
    "http://prismstandard.org/namespaces/prismusagerights/3.0/": ("pur3", None),
}
# The prefixes of all namespaces that are known, by which names are compared.
PREFIXES: Mapping[str, str] = {
    "adobe:ns:meta/": "x",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    **{uri: prefix for uri, (prefix, _) in _NAMESPACES.items()},
}
_KEPT = dict(_NAMESPACES.values())


def is_kept(name: str, *, keep_location: bool) -> bool:
    """Whether a result may keep the property `name`, as `prefix:property` with a prefix of `PREFIXES`."""
    prefix, _, local = name.partition(":")
    if prefix not in _KEPT or len(local) > _LONGEST:
        return False
    kept = _KEPT[prefix]
    allowed = local in kept if kept is not None else not _ABOUT_FILE.search(local)
    return allowed and (keep_location or not _PLACE.search(local))
