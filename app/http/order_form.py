"""A form → the order that it asks for, with all that can be checked before the work begins."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from fastapi import Request, UploadFile

from app.http.encoded_picture import encoding_of
from app.http.photo_answer import Answering
from app.options import OutputOptions, enhance_options, output_options
from app.presets import preset_fields
from app.work.errors import BadParameter
from app.work.order import Order, Task
from app.work.output_file import check_output
from app.work.selection import check_offered
from app.work.service import Service
from pipeline.errors import UnsupportedMediaType
from pipeline.run import Run


@dataclass(frozen=True, slots=True)
class Asked:
    """The values of a form's fields, those of them that its preset has set, and what is asked for the result's file."""

    values: Mapping[str, Any]
    by_preset: frozenset[str]
    output: OutputOptions


async def asked_by(request: Request, form: Any, values: Mapping[str, Any], answering: Answering) -> Asked:
    """What the form of a photo asks for; `values` are those of its fields that count. Raises `BadParameter`."""
    await refuse_repeated(request)
    answering.photos.check_asked(has_file=form.file is not None, has_url=bool(form.url))
    return asked_of(values, form.model_fields_set, answering.service)


async def refuse_repeated(request: Request, but: Collection[str] = ()) -> None:
    """Raises `BadParameter` where the request's form has a field more than once; those in `but` may be."""
    counts = Counter(name for name, _ in (await request.form()).multi_items() if name not in but)
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated:
        raise BadParameter(f"{' and '.join(repeated)} may be given only once.")


def asked_of(values: Mapping[str, Any], given: Collection[str], service: Service) -> Asked:
    """What the values of a form ask for, of which those in `given` are the client's own. Raises `BadParameter`."""
    selection = service.loaded_models.selection
    check_offered("upscaler", values["upscaler"], selection)
    by_preset = preset_fields(values, given, selection)
    values = {**values, **by_preset}
    return Asked(values, frozenset(by_preset), output_options(values))


async def order_of(form: Any, task: Task, asked: Asked, identity_threshold: float | None) -> Order:
    """The order, without its photo where that has to be fetched. Raises `BadParameter`, `UnsupportedMediaType`."""
    order = bare_order(task, asked, identity_threshold)
    file = b"" if form.file is None else await _bytes(form.file, "file")
    reference = None if form.reference is None else await _bytes(form.reference, "reference")
    return replace(order, file=file, reference=reference)


def bare_order(task: Task, asked: Asked, identity_threshold: float | None) -> Order:
    """The order without any file. Raises `BadParameter`."""
    check_output(asked.output)
    return Order(
        task=task,
        file=b"",
        reference=None,
        options=enhance_options(asked.values, identity_threshold),
        output=asked.output,
        by_preset=asked.by_preset,
    )


async def with_photo(order: Order, url: str | None, run: Run, answering: Answering) -> Order:
    """The order with its photo, which is fetched where there is a `url`. Raises what `FetchedPhotos.fetch` raises."""
    return order if not url else replace(order, file=_checked(await answering.photos.fetch(url, run), "url"))


async def _bytes(upload: UploadFile, name: str) -> bytes:
    data = await upload.read()
    await upload.close()  # frees its memory; FastAPI would do so only after the whole answer is sent
    return _checked(data, name)


def _checked(data: bytes, name: str) -> bytes:
    """The bytes of a photo that came in this field. Raises `BadParameter` and `UnsupportedMediaType`."""
    if not data:
        raise BadParameter(f"{'The file at url' if name == 'url' else name} is empty.")
    encoding = encoding_of(data)
    if encoding is not None:
        stage = name if name == "reference" else "decode"
        seen = f"The file at url is {encoding}" if name == "url" else f"{name} is {encoding}"
        raise UnsupportedMediaType(f"{seen}: send the bytes of the picture instead.", stage=stage)
    return data
