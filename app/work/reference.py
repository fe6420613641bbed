"""The ground truth that a photo came with, in the same colours as the photo, so that metrics compare like with like."""

from dataclasses import replace

from pipeline.codec.decode import decode
from pipeline.codec.inspect import Header
from pipeline.codec.profiles import converted
from pipeline.types import Photo


def reference_for(photo: Photo, header: Header, kept_spaces: frozenset[str]) -> Photo:
    """The ground truth in the file that `header` describes, in the colours of `photo`: its profile, or sRGB.

    `kept_spaces` are those that `photo` was decoded with. Raises `BrokenImage` as `decode` does.
    """
    if photo.profile is None:
        return decode(header)
    reference = decode(header, kept_spaces)
    # That its profile is not kept does not matter: what is compared is the photo's.
    notices = tuple(notice for notice in reference.notices if notice.code != "color_profile_replaced")
    image = reference.image
    if reference.profile != photo.profile:
        image = converted(image, reference.profile, photo.profile, out=image)
    return replace(reference, image=image, notices=notices, profile=photo.profile)
