"""Bounds on what an image file may contain beside its pixel count; a hostile file can make each of these expensive."""

from __future__ import annotations

MAX_SCANS = 100  # real progressive JPEG files have about ten; each costs a pass over all coefficients
MAX_SEGMENTS = 4_096  # a 10 MB JPEG whose colour profile and depth map fill segments has about 200
MAX_CHUNKS = 65_536  # PNG: 512 MB in the usual 8 KB chunks; WebP has one for each frame
MAX_GIF_BLOCKS = 262_144  # 66 MB in the usual 255-byte blocks
MAX_TIFF_TAGS = 4_096  # of one directory; real ones have up to a hundred
MAX_TIFF_BLOCKS = 65_536  # strips or tiles; a photo of 25 megapixels with one row in each strip has about 5,000
MAX_TILE_PIXELS = 4 * 2**20  # that all tiles together may have beside twice the picture
MAX_TILE_MARGIN = 1_024  # pixels by which a tile may be larger than its picture, across and down
MAX_BOXES = 4_096  # AVIF and HEIC: parts side by side
MAX_ITEMS = 1_000  # a phone's photo of 48 megapixels has some 300; libheif has the same limit
MAX_TABLE_BYTES = 2**18  # of each table of items
MAX_CODED_UNITS = 256  # parts of one coded picture or tile; real ones have about five
MAX_SEQUENCE_HEADERS = 4  # of one coded picture or tile, each of which is read bit by bit; real ones have two at most
MAX_SLICES = 64  # HEIC: of one coded picture or tile, each of which may cost as much as the whole; real ones have one
MAX_FRAMES = 4  # AVIF: layers of one coded picture
MAX_PROFILE_BYTES = 4 * 2**20  # of a colour profile, uncompressed
MAX_TEXT_BYTES = 4 * 2**20  # of EXIF as text or an XMP packet, uncompressed; an editor's history makes it long

# Pixels. A larger picture is searched for damage before memory for its pixels is taken; a smaller one takes little, so
# its damage may be found while it is decoded.
CHECKED_BEFORE_DECODING = 4_000_000

MAX_MISSING = 0.05  # of a picture; with more of it missing the file is refused
