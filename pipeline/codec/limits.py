"""Bounds on what an image file may contain beside its pixel count; a hostile file can make each of these expensive."""

from __future__ import annotations

MAX_SCANS = 100  # real progressive JPEG files have about ten; each costs a pass over all coefficients
MAX_SEGMENTS = 4_096  # a 10 MB JPEG whose colour profile and depth map fill segments has about 200
MAX_CHUNKS = 65_536  # PNG: 512 MB in the usual 8 KB chunks; WebP has one for each frame
MAX_PROFILE_BYTES = 4 * 2**20  # of a colour profile, uncompressed
MAX_TEXT_BYTES = 4 * 2**20  # of EXIF as text or an XMP packet, uncompressed; an editor's history makes it long

# Pixels. A larger picture is searched for damage before memory for its pixels is taken; a smaller one takes little, so
# its damage may be found while it is decoded.
CHECKED_BEFORE_DECODING = 4_000_000

MAX_MISSING = 0.05  # of a picture; with more of it missing the file is refused
