"""The ground truth that a photo came with, in the same colours as the photo, so that metrics compare like with like."""

from dataclasses import replace

from pipeline.codec.decode import DEPTH_REDUCED, decode
from pipeline.codec.inspect import Header
from pipeline.codec.profiles import converted
from pipeline.types import Photo

# Codes of notices that concern what is written, which a reference is not.
_OF_RESULTS = {"color_profile_replaced", DEPTH_REDUCED}


def reference_for(photo: Photo, header: Header, kept_spaces: frozenset[str]) -> Photo:
    """The ground truth in the file that `header` describes, in the colours of `photo`: its profile, or sRGB.

    `kept_spaces` are those that `photo` was decoded with. Raises `BrokenImage` as `decode` does.
    """
    reference = decode(header) if photo.profile is None else decode(header, kept_spaces)
    notices = tuple(notice for notice in reference.notices if notice.code not in _OF_RESULTS)
    image = reference.image
    if photo.profile is not None and reference.profile != photo.profile:
        image = converted(image, reference.profile, photo.profile, out=image)
    return replace(reference, image=image, notices=notices, profile=photo.profile)
