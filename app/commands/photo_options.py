"""The options of the commands `enhance` and `upscale`: those of a request, as arguments."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticCustomError

from app.commands.arguments import number
from app.options import OPTIONS, Option
from app.work.order import Task
from pipeline.options import SIZES

# Where the command line has other words than the form.
HELP = {
    "dry_run": "only look for faces and estimate time and memory; write nothing",
    "identity_threshold": "similarity under which a face is another person; unless given: LIKENESS_IDENTITY_THRESHOLD, "
    "else the recogniser's own",
    "metrics": "PSNR, SSIM and LPIPS in each document of --json; without it they are not measured",
    "output_format": "if OUT is a folder, png unless given; else the name of OUT says it",
    "restorer": "one that is installed, or that the service offers",
    "upscaler": "one that is installed, or that the service offers",
}

ONLY_IN_FORMS = ("preview",)  # who calls the command has the photo


@dataclass(frozen=True, slots=True)
class _Default:
    """The value of an option that is not given; shown in the help as what it is."""

    value: Any

    def __str__(self) -> str:
        return str(self.value)


class Help(argparse.ArgumentDefaultsHelpFormatter):
    """Help with the default of each option that has one."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        default = action.default
        if default is None or default is False or (isinstance(default, _Default) and default.value is None):
            return action.help  # a flag that is not given, or what other options or the models decide
        return super()._get_help_string(action)


def add_options(parser: argparse.ArgumentParser, task: Task) -> None:
    """Add the options that apply to a task."""
    sizes = parser.add_mutually_exclusive_group()
    for option in OPTIONS:
        if option.name not in ONLY_IN_FORMS and (task == "enhance" or option.about.upscales):
            (sizes if option.name in SIZES else parser).add_argument(
                f"--{option.name.replace('_', '-')}", **_argument(option)
            )


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
