"""The forms of `/enhance` and `/upscale`: files, and the table of options."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from app.options import OPTIONS, Option
from pipeline.codec.formats import accepted_names
from pipeline.options import SIZES

_URL = (
    "where the photo is on the web (https, http), or a data: URL, instead of `file`; only where `limits.url_fetch` in "
    "/api/v1/config is true"
)

_Absent: TypeAlias = SkipJsonSchema[None]  # a field may be left out, but a form cannot say null


def _field(option: Option) -> tuple[Any, Any]:
    """Type and default of a field, as pydantic's `create_model` takes them."""
    bounds: dict[str, Any] = (
        {} if option.about.bounds is None else {"ge": option.about.bounds[0], "le": option.about.bounds[1]}
    )
    if option.about.bounds is not None and option.type is float:
        bounds["allow_inf_nan"] = False
    shown: dict[str, Any] = {"description": option.about.words}
    if option.example is not None:
        shown["examples"] = [option.example]
    if option.default is None and option.parse is None:  # else its type says itself that it may be absent
        kind = Annotated[option.type, Field(**bounds)] if bounds else option.type
        return kind | _Absent, Field(None, **shown)
    return option.type, Field(option.default, **bounds, **shown)


def _one_size(form: BaseModel) -> BaseModel:
    """The form. Raises `PydanticCustomError` where it was given more than one size of the result."""
    given = [name for name in SIZES if name in form.model_fields_set]
    if len(given) > 1:
        *others, last = SIZES
        raise PydanticCustomError(
            "sizes",
            "{given} contradict each other; give at most one of {all}",
            {"given": " and ".join(given), "all": f"{', '.join(others)} and {last}"},
        )
    return form


def _location_of_metadata(form: Any) -> BaseModel:
    """The form. Raises `PydanticCustomError` where it asks for the location of metadata that it does not ask for."""
    if form.keep_location and form.metadata == "none":
        raise PydanticCustomError("location", "keep_location=true needs metadata=keep", {})
    checked: BaseModel = form
    return checked


def _preview_of_dry_run(form: Any) -> BaseModel:
    """The form. Raises `PydanticCustomError` where it asks for a picture of the photo beside the result's."""
    if form.preview and not form.dry_run:
        raise PydanticCustomError("preview", "preview=true needs dry_run=true", {})
    checked: BaseModel = form
    return checked


def _validators() -> dict[str, Any]:
    return {
        "one_size": model_validator(mode="after")(_one_size),
        "location_of_metadata": model_validator(mode="after")(_location_of_metadata),
    }


def _form(name: str, words: str, *, enhances: bool) -> type[BaseModel]:
    # Which of the two a form must have is up to the settings, so the route checks it.
    file = (UploadFile | _Absent, Field(None, description=accepted_names()))
    url = (str | _Absent, Field(None, description=_URL))
    reference = (UploadFile | _Absent, Field(None, description="ground truth that the metrics compare with"))
    shared = {option.name: _field(option) for option in OPTIONS if option.about.upscales}
    others = {option.name: _field(option) for option in OPTIONS if enhances and not option.about.upscales}
    form: dict[str, Any] = {"file": file, "url": url, **shared, "reference": reference, **others}
    return create_model(
        name,
        __doc__=words,
        __module__=__name__,
        __config__=ConfigDict(extra="forbid"),
        __validators__=_validators() | {"preview_of_dry_run": model_validator(mode="after")(_preview_of_dry_run)},
        **form,
    )


_KIND = (
    Literal["enhance", "upscale"],
    Field("enhance", description="upscale: as /api/v1/upscale, without looking for faces, and without fields for them"),
)


_WEBHOOK_URL = (
    str | _Absent,
    Field(
        None,
        description="where the end is told to, by a signed POST; only where `jobs.webhooks` in /api/v1/config is true",
        examples=["https://example.org/hook"],
    ),
)


def _batch_form() -> type[BaseModel]:
    """The form of a batch: the fields of a job, but with many files, and without a ground truth."""
    fields: dict[str, Any] = {
        name: (field.annotation, field)
        for name, field in JobForm.model_fields.items()
        if name not in ("file", "url", "reference", "dry_run", "preview")
    }
    words = f"photos, {accepted_names()}, or one ZIP of them; as often as there are photos"
    files = (list[UploadFile], Field(description=words, min_length=1))
    return create_model(
        "BatchForm",
        __doc__="Photos that are done later, all with the same options.",
        __module__=__name__,
        __config__=ConfigDict(extra="forbid"),
        __validators__=_validators(),
        file=files,
        **fields,
    )


if TYPE_CHECKING:
    UpscaleForm: TypeAlias = Any
    EnhanceForm: TypeAlias = Any
    JobForm: TypeAlias = Any
    BatchForm: TypeAlias = Any
else:
    UpscaleForm = _form("UpscaleForm", "A photo to enlarge.", enhances=False)
    EnhanceForm = _form("EnhanceForm", "A photo whose faces are to be restored.", enhances=True)
    JobForm = create_model(
        "JobForm",
        __base__=EnhanceForm,
        __doc__="A photo that is done later.",
        __module__=__name__,
        kind=_KIND,
        webhook_url=_WEBHOOK_URL,
    )
    BatchForm = _batch_form()
