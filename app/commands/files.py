"""Which files are read and written: the plan of the command `enhance`."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.codec.encode import OUTPUT_FORMATS
from pipeline.codec.formats import INPUT_FORMATS, accepted_names
from pipeline.options import OutputFormat

_READ = {suffix for row in INPUT_FORMATS for suffix in row.suffixes}
_WRITTEN: dict[str, OutputFormat] = {
    suffix: output_format for output_format, info in OUTPUT_FORMATS.items() for suffix in info.suffixes
}


@dataclass(frozen=True, slots=True)
class FilePlan:
    """One photo to read and where its result goes."""

    source: Path
    target: Path
    output_format: OutputFormat


def plan_files(source: Path, target: Path, output_format: OutputFormat | None) -> list[FilePlan]:
    """What to read and what to write. Raises `ValueError`, with a sentence, where that cannot work.

    A folder's photos go into the folder `target` under their own names, with the suffix of the format (PNG
    unless given), and so does a single photo if `target` is a folder or has no suffix.
    """
    try:
        plans = _plans(source, target, output_format)
    except OSError as error:
        raise ValueError(f"{source} cannot be read: {error.strerror}.") from error
    sources = {plan.source.resolve() for plan in plans}
    targets: set[Path] = set()
    for plan in plans:
        resolved = plan.target.resolve()
        if resolved in sources:
            raise ValueError(f"{plan.target} would overwrite a photo; choose another place.")
        if resolved in targets:
            raise ValueError(f"Two photos would be written to {plan.target}.")
        targets.add(resolved)
    return plans


def _plans(source: Path, target: Path, output_format: OutputFormat | None) -> list[FilePlan]:
    if source.is_dir():
        found = sorted(path for path in source.iterdir() if path.suffix.lower() in _READ and path.is_file())
        if not found:
            raise ValueError(f"{source} has no {accepted_names()} photo.")
        return [_into_folder(path, target, output_format) for path in found]
    if not source.is_file():
        raise ValueError(f"{source} is not there.")
    if target.is_dir() or not target.suffix:
        return [_into_folder(source, target, output_format)]
    named = _WRITTEN.get(target.suffix.lower())
    if named is None or output_format not in (None, named):
        *others, last = (info.suffixes[0] for info in OUTPUT_FORMATS.values())
        formats = "|".join(OUTPUT_FORMATS)
        raise ValueError(f"{target}: name it {', '.join(others)} or {last}, as --output-format {{{formats}}} says.")
    return [FilePlan(source, target, named)]


def _into_folder(source: Path, folder: Path, output_format: OutputFormat | None) -> FilePlan:
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is not a folder.")
    chosen: OutputFormat = output_format or "png"
    return FilePlan(source, folder / (source.stem + OUTPUT_FORMATS[chosen].suffixes[0]), chosen)
