"""Which files are read and written: the plan of the command `enhance`."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from app.commands.target_names import plain_name, target_names
from app.commands.tree import Skipped, format_of_file, identity, photos_in
from pipeline.codec.output_formats import OUTPUT_FORMATS
from pipeline.errors import UnsupportedMediaType
from pipeline.options import OutputChoice, OutputFormat

_WRITTEN: dict[str, OutputFormat] = {
    suffix: output_format for output_format, info in OUTPUT_FORMATS.items() for suffix in info.suffixes
}


@dataclass(frozen=True, slots=True)
class FilePlan:
    """One photo to read and where its result goes."""

    source: Path
    target: Path
    output_format: OutputChoice


@dataclass(frozen=True, slots=True)
class Plan:
    """What is read and written, in order; what is skipped; and those photos whose results have no plain names."""

    photos: list[FilePlan]
    skipped: list[Skipped]
    renamed: list[FilePlan]


def plan_files(source: Path, target: Path, output_format: OutputChoice | None, *, recursive: bool = False) -> Plan:
    """What to read and what to write. Raises `ValueError`, with a sentence, where that cannot work.

    A folder's photos go into the folder `target` under their own names, with the suffix of the format (PNG unless
    given; `same`: each photo's own), and so does a single photo if `target` is a folder or has no suffix. With
    `recursive` the folders in `target` are those of `source`. Photos that would share a name get others, see
    `target_names`. A photo that is to be read is never overwritten. Only the first bytes of each file are looked at.
    """
    try:
        if source.is_dir():
            return _plan_folder(source, target, output_format or "png", recursive)
        plan = _plan_file(source, target, output_format)
    except OSError as error:
        raise ValueError(f"{error.filename} cannot be read: {error.strerror}.") from error
    _check_overwritten([source], [plan.target])
    return Plan([plan], [], [])


def _plan_folder(source: Path, target: Path, output_format: OutputChoice, recursive: bool) -> Plan:
    found, skipped = photos_in(source, target, recursive=recursive)
    photos = [path.relative_to(source) for path in found]
    _check_folders(target / folder for folder in sorted({folder for photo in photos for folder in photo.parents}))
    suffixes = [_suffix(output_format, path) for path in found]
    plain = [target / plain_name(photo, suffix) for photo, suffix in zip(photos, suffixes, strict=True)]
    # The plain names too: results that lie beside their photos must not be taken for photos the next time.
    _check_overwritten(found, plain)
    plans = [
        FilePlan(path, target / name, output_format)
        for path, name in zip(found, target_names(photos, suffixes), strict=True)
    ]
    _check_overwritten(found, [plan.target for plan in plans])
    return Plan(plans, skipped, [plan for plan, name in zip(plans, plain, strict=True) if plan.target != name])


def _plan_file(source: Path, target: Path, output_format: OutputChoice | None) -> FilePlan:
    if not source.exists():
        raise ValueError(f"{source} is not there.")
    try:
        own = format_of_file(source).output_format
    except UnsupportedMediaType as error:
        raise ValueError(f"{source}: {error.message}") from error
    if target.is_dir() or not target.suffix:
        _check_folder(target)
        chosen: OutputChoice = output_format or "png"
        return FilePlan(source, target / plain_name(Path(source.name), _suffix(chosen, source)), chosen)
    named = _WRITTEN.get(target.suffix.lower())
    if output_format == "same" and named != own:
        raise ValueError(f"{target}: name it {OUTPUT_FORMATS[own].suffixes[0]}, as --output-format same says.")
    if named is None or output_format not in (None, "same", named):
        *others, last = (info.suffixes[0] for info in OUTPUT_FORMATS.values())
        formats = "|".join(OUTPUT_FORMATS)
        raise ValueError(f"{target}: name it {', '.join(others)} or {last}, as --output-format {{{formats}}} says.")
    return FilePlan(source, target, output_format or named)


def _suffix(output_format: OutputChoice, photo: Path) -> str:
    """The suffix of a photo's result. Of a file that turns out to be no photo nothing is written."""
    if output_format != "same":
        return OUTPUT_FORMATS[output_format].suffixes[0]
    try:
        return OUTPUT_FORMATS[format_of_file(photo).output_format].suffixes[0]
    except UnsupportedMediaType:
        return OUTPUT_FORMATS["png"].suffixes[0]


def _check_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is not a folder.")


def _check_folders(folders: Iterable[Path]) -> None:
    """Each is a folder or is not there, and none leads to another one, where results would meet under one name."""
    places: set[str] = set()
    for folder in folders:
        _check_folder(folder)
        place = os.path.realpath(folder)
        if place in places:
            raise ValueError(f"{folder} is a link to another folder of the results.")
        places.add(place)


def _check_overwritten(sources: Iterable[Path], targets: Iterable[Path]) -> None:
    """By identity on the disk, which sees through links and through names in upper and lower case."""
    photos = {identity(source) for source in sources} - {None}
    for target in targets:
        if identity(target) in photos:
            raise ValueError(f"{target} would overwrite a photo; choose another place.")
