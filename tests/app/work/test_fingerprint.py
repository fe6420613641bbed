"""The name of the answer to an order."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from app.options import OutputOptions
from app.work.fingerprint import fingerprint, maker_of
from app.work.order import Order
from pipeline.models.catalogue.preferences import ModelPreferences
from pipeline.models.catalogue.selection import choose
from pipeline.models.runtime.runtime import choose_runtime
from pipeline.options import EnhanceOptions
from pipeline.types import Notice

ORDER = Order("enhance", b"photo", None, EnhanceOptions())
CHANGES: dict[str, Any] = {
    "upscale_factor": 3.0,
    "width": 100,
    "height": 100,
    "long_side": 100,
    "strength": 0.5,
    "faces": "largest",
    "face_overrides": ((0, 0.5),),
    "require_face": False,
    "restorer": "x",
    "color_lock": False,
    "color_correction": "auto",
    "background": "resample",
    "upscaler": "x",
    "identity_policy": "protect",
    "identity_threshold": 0.3,
    "denoise_strength": 0.5,
    "self_ensemble": True,
    "face_boxes": ((0, 0, 20, 20),),
    "preset": "fast",
    "quality": 80,
    "lossless": True,
    "chroma_subsampling": "4:4:4",
    "progressive": True,
    "bit_depth": "16",
    "output_format": "jpeg",
    "color_profile": "keep",
    "metadata": "keep",
    "keep_location": True,
    "metrics": False,
    "dry_run": True,
    "preview": True,
}
OPTIONS = [(table, field.name) for table in (EnhanceOptions, OutputOptions) for field in fields(table)]


def named(order: Order = ORDER, media_type: str = "image/png", maker: bytes = b"maker") -> str:
    return fingerprint(order, media_type, maker)


def test_it_is_the_same_for_the_same_order() -> None:
    assert named() == named(Order("enhance", b"photo", None, EnhanceOptions()))
    assert len(named()) == 32


@pytest.mark.parametrize(("table", "name"), OPTIONS)
def test_every_option_changes_it(table: type[EnhanceOptions | OutputOptions], name: str) -> None:
    """An option that is new needs a row in `CHANGES`: without it in the name, an old answer would be given."""
    part = "options" if table is EnhanceOptions else "output"
    changed = replace(ORDER, **{part: replace(getattr(ORDER, part), **{name: CHANGES[name]})})
    assert named(changed) != named()


@pytest.mark.parametrize(
    "other",
    [
        replace(ORDER, task="upscale"),
        replace(ORDER, file=b"photo2"),
        replace(ORDER, file=b""),
        replace(ORDER, file=b"phot", reference=b"o"),  # the same bytes, divided otherwise
        replace(ORDER, reference=b""),
        replace(ORDER, reference=b"photo"),
        replace(ORDER, notices=(Notice("self_ensemble_left_out", "The photo is large."),)),
    ],
)
def test_photo_reference_task_and_notices_change_it(other: Order) -> None:
    assert named(other) != named()


def test_media_type_and_maker_change_it() -> None:
    assert len({named(), named(media_type="application/json"), named(maker=b"other")}) == 3


def test_the_maker_is_known_by_its_models_and_its_device(tmp_path: Any) -> None:
    selection = choose(ModelPreferences(tmp_path, "embedded"))
    fp32, bf16 = choose_runtime("cpu", "fp32"), choose_runtime("cpu", "bf16")
    assert maker_of(selection, fp32) == maker_of(choose(ModelPreferences(tmp_path, "embedded")), fp32)
    assert maker_of(selection, fp32) != maker_of(selection, bf16)
    (restorer, *others) = selection.defaults["restorer"]
    retrained = replace(selection, defaults={**selection.defaults, "restorer": (replace(restorer, sha256="0" * 64),)})
    assert not others
    assert maker_of(retrained, fp32) != maker_of(selection, fp32)
