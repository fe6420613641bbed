"""A name for the answer to an order: the same for the same photo, options and models, and for nothing else."""

import hashlib

from app.version import VERSION
from app.work.order import Order
from pipeline.models.catalogue.selection import Selection
from pipeline.models.runtime.runtime import Runtime


def maker_of(selection: Selection, runtime: Runtime) -> bytes:
    """What makes answers here: this version, the models with their hashes, and the device and number format."""
    models = [
        (role, model.name, model.sha256)
        for table in (selection.defaults, selection.offered)
        for role, of_role in table.items()
        for model in of_role
    ]
    denoising = [(name, model.sha256) for name, model in selection.denoise_with.items()]
    return _hash(repr((VERSION, models, denoising, runtime.describe())).encode())


def fingerprint(order: Order, media_type: str, maker: bytes) -> str:
    """32 hexadecimal digits for the answer to `order` in this media type; `maker` is what `maker_of` gives.

    SHA-256 of everything that the answer depends on. It takes about a millisecond for each megabyte of the photo.
    """
    codes = [notice.code for notice in order.notices]
    parts = (order.task, media_type, order.options, order.output, codes, order.reference is None)
    asked = repr(parts).encode()
    return _hash(maker, asked, order.file, order.reference or b"").hex()[:32]


def _hash(*parts: bytes) -> bytes:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big"))  # else the end of one part could be the beginning of the next
        whole.update(part)
    return whole.digest()
