"""`python -m app enhance` and `upscale`: a photo, or a folder of photos, here or by a service elsewhere."""

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.arguments import Commands
from app.commands.exit_status import SOME_FAILED
from app.commands.file_result import FileResult
from app.commands.lacking import advice_elsewhere, advice_here, lines_about
from app.commands.photo_options import Help, add_options, values_of
from app.commands.service import add_service_options, refuse_service_options, service_of
from app.commands.telling import Run, tell_of_all
from app.options import OPTIONS, enhance_options, output_options
from app.presets import preset_fields
from app.settings import Settings
from app.work.errors import BadParameter
from app.work.order import Task
from app.work.output_file import check_output
from app.work.selection import select
from pipeline.models.roles import Role

if TYPE_CHECKING:
    from app.commands.files import FilePlan, Plan
    from pipeline.models.catalogue.selection import Selection

TASKS: dict[Task, str] = {"enhance": "restore a photo, or a folder of photos", "upscale": "the same without faces"}
_DESCRIPTIONS: dict[Task, str] = {
    "enhance": "Restore the faces of a photo, or of all photos of a folder, and enlarge the photos.",
    "upscale": "Enlarge a photo, or all photos of a folder, without looking for faces.",
}
_DONE: dict[Task, str] = {"enhance": "restored", "upscale": "enlarged"}
_NAMES = frozenset(option.name for option in OPTIONS)


def add_parser(commands: Commands) -> None:
    """Add `enhance` and `upscale` to the command line."""
    for task, words in TASKS.items():
        parser = commands.add_parser(task, help=words, description=_DESCRIPTIONS[task], formatter_class=Help)
        parser.add_argument("input", metavar="IN", type=Path, help="a photo or a folder")
        parser.add_argument("output", metavar="OUT", type=Path, help="a file, or a folder (made if need be)")
        parser.add_argument(
            "--recursive", action="store_true", help="the photos of subfolders too, into the same subfolders"
        )
        parser.add_argument(
            "--json",
            action="store_true",
            help="a line of JSON on standard output for each photo, its report or the error; words go to stderr",
        )
        add_service_options(parser)
        add_options(parser, task)
        parser.set_defaults(command=restore, task=task, output_format=None)


def is_elsewhere(parsed: argparse.Namespace) -> bool:
    """Whether a service does the work, for which the settings of this machine mean nothing."""
    return parsed.command is restore and parsed.server is not None


def restore(parsed: argparse.Namespace, settings: Settings) -> int:
    """Restore the photos here; 1 if one of them failed or a file or folder cannot be read.

    Raises `PipelineError` if none can be begun.
    """
    values, given = _asked(parsed)
    refuse_service_options(parsed)
    selection = _selected(values, settings)
    plan = _planned(parsed, values)
    work = _work_here(plan.photos, parsed.task, values, given, settings, selection)
    return _done(plan, values, work, advice_here(selection, settings.model_preferences))


def send(parsed: argparse.Namespace) -> int:
    """The same by a service elsewhere."""
    values, given = _asked(parsed)
    service = service_of(parsed)
    plan = _planned(parsed, values)
    from app.commands.sending import send_photos  # imports OpenCV too

    fields = {name: values[name] for name in given & _NAMES} | ({} if parsed.json else {"metrics": False})
    return _done(plan, values, partial(send_photos, plan.photos, parsed.task, fields, service), advice_elsewhere())


def _asked(parsed: argparse.Namespace) -> tuple[dict[str, Any], set[str]]:
    """Name → value of all arguments, and the names of those that were given. Raises `BadParameter`."""
    values, given = values_of(vars(parsed))
    if values["keep_location"] and values["metadata"] == "none":
        raise BadParameter("--keep-location needs --metadata keep.")
    if not values["json"] and "metrics" in given and values["metrics"]:
        raise BadParameter("--metrics needs --json, which prints them.")
    return values, given


def _selected(values: dict[str, Any], settings: Settings) -> "Selection":
    """The models of this machine. Raises `BadParameter` where others are asked for."""
    selection = select(settings)
    wanted: dict[Role, str | None] = {"restorer": values.get("restorer"), "upscaler": values["upscaler"]}
    for role, name in wanted.items():
        if name is not None and name not in selection.offered_names(role):
            raise BadParameter(f"--{role}: there is {', '.join(selection.offered_names(role))}, not {name}.")
    return selection


def _planned(parsed: argparse.Namespace, values: dict[str, Any]) -> "Plan":
    """What is read and written; what is skipped is told. Raises `BadParameter` where that cannot work."""
    from app.commands.files import plan_files  # imports OpenCV, which other commands do not need
    from pipeline.codec.formats import accepted_names

    try:
        plan = plan_files(parsed.input, parsed.output, parsed.output_format, recursive=parsed.recursive)
    except ValueError as error:
        raise BadParameter(str(error)) from error
    _tell(plan)
    if not plan.photos:
        raise BadParameter(f"{parsed.input} has no {accepted_names()} photo.")
    for chosen in {photo.output_format for photo in plan.photos}:
        check_output(replace(output_options(values), output_format=chosen))
    return plan


def _work_here(
    photos: "list[FilePlan]",
    task: Task,
    values: dict[str, Any],
    given: set[str],
    settings: Settings,
    selection: "Selection",
) -> Run:
    """The models are loaded, and wait for the photos."""
    # These import torch, which takes seconds.
    from app.commands.folder import Workshop, enhance_files
    from app.work.loaded_models import LoadedModels

    by_preset = preset_fields(values, given, selection)
    values = values | by_preset | ({} if values["json"] else {"metrics": False})
    options = enhance_options(values, settings.threshold_for(values.get("identity_threshold")))
    output = output_options(values)
    loaded = LoadedModels(settings, selection)
    workshop = Workshop(loaded.load(measure_pace=output.dry_run), loaded.pace, settings.photo_limits)

    def run(tell: Callable[[FileResult], None]) -> None:
        for result in enhance_files(photos, options, output, workshop, frozenset(by_preset), task):
            tell(result)

    return run


def _done(plan: "Plan", values: dict[str, Any], run: Run, advice: Mapping[Role, str]) -> int:
    """A line for each photo and those about all; the exit status."""
    told = tell_of_all(plan.photos, run, as_json=values["json"])
    failed = len(plan.photos) - told.done
    if values["input"].is_dir():
        skipped = sum(skipped.files for skipped in plan.skipped)
        verb, pace = ("looked at", "") if values["dry_run"] else (_DONE[values["task"]], told.time_and_pace)
        print(f"{told.done} {verb}, {failed} failed, {skipped} skipped.{pace}", file=sys.stderr)
    for line in lines_about(told.lacking, advice):
        print(line, file=sys.stderr)
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
