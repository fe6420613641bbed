"""`python -m app enhance`: a photo, or a folder of photos."""

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticCustomError

from app.commands.arguments import Commands, number
from app.commands.exit_status import SOME_FAILED
from app.commands.progress_bar import tqdm
from app.options import OPTIONS, Option, enhance_options, output_options
from app.presets import preset_fields
from app.settings import Settings
from app.work.errors import BadParameter
from app.work.selection import select
from pipeline.models.roles import Role
from pipeline.options import SIZES

if TYPE_CHECKING:
    from app.commands.files import Plan

# Where the command line has other words than the form.
HELP = {
    "dry_run": "only look for faces and estimate time and memory; write nothing",
    "identity_threshold": "unless given: LIKENESS_IDENTITY_THRESHOLD, else the recogniser's own",
    "output_format": "if OUT is a folder; else its name says it",
    "restorer": "one that is installed",
    "upscaler": "one that is installed",
}
LEFT_OUT = ("metrics",)  # the command line prints no metrics, and so does not compute them


def add_parser(commands: Commands) -> None:
    """Add `enhance` to the command line."""
    parser = commands.add_parser(
        "enhance", help="a photo, or a folder of photos", formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("input", metavar="IN", type=Path, help="a photo or a folder")
    parser.add_argument("output", metavar="OUT", type=Path, help="a file, or a folder (made if need be)")
    parser.add_argument(
        "--recursive", action="store_true", help="the photos of subfolders too, into the same subfolders"
    )
    sizes = parser.add_mutually_exclusive_group()
    for option in OPTIONS:
        if option.name not in LEFT_OUT:
            (sizes if option.name in SIZES else parser).add_argument(
                f"--{option.name.replace('_', '-')}", **_argument(option)
            )
    parser.set_defaults(command=enhance, output_format=None)


def enhance(parsed: argparse.Namespace, settings: Settings) -> int:
    """Restore the photos one after the other; 1 if one of them failed or a file or folder cannot be read.

    Raises `PipelineError` if none can be begun.
    """
    values, given = values_of(vars(parsed))
    parsed = argparse.Namespace(**values)
    if parsed.keep_location and parsed.metadata == "none":
        raise BadParameter("--keep-location needs --metadata keep.")
    selection = select(settings)
    wanted: dict[Role, str | None] = {"restorer": parsed.restorer, "upscaler": parsed.upscaler}
    for role, name in wanted.items():
        if name is not None and name not in selection.offered_names(role):
            raise BadParameter(f"--{role}: there is {', '.join(selection.offered_names(role))}, not {name}.")
    from app.commands.files import plan_files  # imports OpenCV, which other commands do not need
    from app.work.output_file import check_output
    from pipeline.codec.formats import accepted_names

    try:
        plan = plan_files(parsed.input, parsed.output, parsed.output_format, recursive=parsed.recursive)
    except ValueError as error:
        raise BadParameter(str(error)) from error
    _tell(plan)
    if not plan.photos:
        raise BadParameter(f"{parsed.input} has no {accepted_names()} photo.")
    # These import torch, which takes seconds.
    from app.commands.folder import Workshop, enhance_files
    from app.work.loaded_models import LoadedModels

    by_preset = preset_fields(values, given, selection)
    values |= by_preset
    options = enhance_options(values, settings.threshold_for(parsed.identity_threshold))
    output = output_options(values)
    for chosen in {photo.output_format for photo in plan.photos}:
        check_output(replace(output, output_format=chosen))
    loaded = LoadedModels(settings, selection)
    workshop = Workshop(loaded.load(measure_pace=output.dry_run), loaded.pace, settings.photo_limits)
    failed = 0
    with tqdm(total=len(plan.photos), unit="photo", disable=None) as bar:
        for result in enhance_files(plan.photos, options, output, workshop, frozenset(by_preset)):
            failed += not result.done
            arrow = f" → {result.target}" if result.done else ""
            bar.write(f"{result.source}{arrow}: {result.message}", file=sys.stderr)
            bar.update()
    if parsed.input.is_dir():
        skipped = sum(skipped.files for skipped in plan.skipped)
        done = "looked at" if output.dry_run else "restored"
        print(f"{len(plan.photos) - failed} {done}, {failed} failed, {skipped} skipped.", file=sys.stderr)
    return SOME_FAILED if failed or any(skipped.unread for skipped in plan.skipped) else 0


def _tell(plan: "Plan") -> None:
    """What is skipped, and which results have other names than one expects."""
    for skipped in plan.skipped:
        print(f"Skipped {skipped.where}: {skipped.reason}", file=sys.stderr)
    if plan.renamed:
        example = plan.renamed[0]
        print(
            f"{len(plan.renamed)} result(s) keep the whole name of the photo, because the shorter one is not unique: "
            f"{example.source} → {example.target}.",
            file=sys.stderr,
        )


@dataclass(frozen=True, slots=True)
class _Default:
    """The value of an option that is not given; shown in the help as what it is."""

    value: Any

    def __str__(self) -> str:
        return str(self.value)


def values_of(arguments: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """Name → value of parsed arguments, and the names of those that were given."""
    given = {name for name, value in arguments.items() if not isinstance(value, _Default)}
    return {name: value if name in given else value.value for name, value in arguments.items()}, given


def _argument(option: Option) -> dict[str, Any]:
    """What argparse is told about an option."""
    words = {"default": _Default(option.default), "help": HELP.get(option.name, option.about.words)}
    if option.choices:
        return {**words, "choices": option.choices}
    if option.type is bool:
        return {**words, "action": argparse.BooleanOptionalAction}
    if option.about.bounds is not None:
        low, high = option.about.bounds
        return {**words, "type": number(low, high, option.type), "metavar": f"{low}-{high}"}
    if option.parse is not None:
        return {**words, "type": _json(option.parse), "metavar": "JSON"}
    return {**words, "metavar": "NAME"}


def _json(parse: Callable[[Any], Any]) -> Callable[[str], Any]:
    """A type for argparse."""

    def read(text: str) -> Any:
        try:
            return parse(text)
        except PydanticCustomError as error:
            raise argparse.ArgumentTypeError(error.message()) from error

    return read
