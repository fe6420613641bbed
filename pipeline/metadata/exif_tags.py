"""The EXIF tags that a result may keep. Source: CIPA DC-008 (Exif 3.0), and Microsoft's tags in the first directory.

Everything else is left out: what counts the photo's pixels (SubjectArea, FocalPlaneXResolution), what says how it was
compressed, blocks that only their maker can read (MakerNote), thumbnails, and tags of other standards (DNG, GeoTIFF).
So are values that hold numbers in the block's byte order among their bytes (CFAPattern).
"""

from __future__ import annotations

EXIF_DIRECTORY, GPS_DIRECTORY = 0x8769, 0x8825
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT, ORIENTATION = 0x011A, 0x011B, 0x0128, 0x0112
EXIF_VERSION, COLOR_SPACE, WIDTH, HEIGHT = 0x9000, 0xA001, 0xA002, 0xA003
GPS_VERSION = 0x0000

# ImageDescription, Make, Model, Software, DateTime, Artist, HostComputer, Rating, RatingPercent, Copyright, and
# XPTitle to XPSubject.
MAIN_TAGS = frozenset(
    {0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x013C, 0x4746, 0x4749, 0x8298, *range(0x9C9B, 0x9CA0)}
)
EXIF_TAGS = frozenset(
    {
        *(0x829A, 0x829D, 0x8822, 0x8824, 0x8827),  # ExposureTime, FNumber, ExposureProgram, SpectralSensitivity, ISO
        *range(0x8830, 0x8836),  # SensitivityType to ISOSpeedLatitudezzz
        *(EXIF_VERSION, 0x9003, 0x9004, 0x9010, 0x9011, 0x9012),  # dates and their offsets from UTC
        *range(0x9201, 0x920B),  # ShutterSpeedValue to FocalLength
        *(0x9286, 0x9290, 0x9291, 0x9292),  # UserComment, fractions of the seconds
        *(0x9400, 0x9401, 0x9404, 0x9405),  # temperature, humidity, acceleration and elevation angle of the camera
        *(0xA20B, 0xA215, 0xA217, 0xA300, 0xA301),  # FlashEnergy, ExposureIndex, SensingMethod, FileSource, SceneType
        *range(0xA401, 0xA40B),  # CustomRendered to Sharpness
        *(0xA40C, 0xA420),  # SubjectDistanceRange, ImageUniqueID
        *range(0xA430, 0xA43D),  # owner, serial numbers, lens, photographer, editors and their software
        *(0xA460, 0xA461),  # CompositeImage, and of how many pictures
    }
)
PLACE_TAGS = frozenset({0x9402, 0x9403})  # pressure and depth of the water tell the height of the place
GPS_TAGS = frozenset(range(0x20))  # GPSVersionID to GPSHPositioningError
