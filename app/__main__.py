"""The command line: `python -m app serve`, `enhance`, `models`, `keys` and `openapi`."""

from __future__ import annotations

import argparse
import json
import logging
import math
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import get_args

from pydantic import ValidationError
from tqdm import tqdm

from app.access.keys import NAME, new_key
from app.commands.models import list_models, pull_models, verify_models
from app.http.schemas import FACTOR_BOUNDS, QUALITY_BOUNDS, STRENGTH_BOUNDS, THRESHOLD_BOUNDS, EnhanceForm
from app.http.website import WebsiteUnreadable
from app.observe.logs import configure
from app.settings import Settings
from pipeline.errors import PipelineError
from pipeline.models.catalogue.registry import Role
from pipeline.models.catalogue.selection import choose
from pipeline.options import Background, ColorCorrection, EnhanceOptions, FaceChoice, IdentityPolicy, OutputFormat

logger = logging.getLogger("likeness")

USAGE_ERROR = 2
SOME_FAILED = 1
INTERRUPTED = 130  # as shells count a Ctrl-C


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status: 0 done, 1 some of it failed, 2 it could not be started, 130 Ctrl-C."""
    parsed = _parser().parse_args(arguments)
    try:
        settings = Settings()
        status: int = parsed.command(parsed, settings)
    except ValidationError as error:
        for wrong in error.errors():
            name = "_".join(str(part) for part in wrong["loc"]).upper()
            field = Settings.model_fields.get(str(wrong["loc"][0]))
            shown = f" (it is {wrong['input']!r})" if field is None or field.repr else ""
            print(f"LIKENESS_{name}: {wrong['msg'].removeprefix('Value error, ')}{shown}.", file=sys.stderr)
        return USAGE_ERROR
    except PipelineError as error:  # a model's file is missing or wrong, or the model does not run
        print(error.message, file=sys.stderr)
        return USAGE_ERROR
    except WebsiteUnreadable as error:
        print(error, file=sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED
    return status


def _serve(parsed: argparse.Namespace, settings: Settings) -> int:
    settings = settings.model_copy(
        update={key: value for key in ("host", "port") if (value := getattr(parsed, key)) is not None}
    )
    configure(settings.log_level, settings.log_format)
    if settings.open_to_others:
        logger.warning("anybody who reaches %s may send photos: LIKENESS_API_KEYS is empty", settings.host)
    selection = choose(settings.shelf)
    # A wrong model file is told before the seconds that torch and the rest take to import.
    from app.application import create_app
    from app.connection.server import server_of

    server = server_of(create_app(settings, selection), settings)
    with suppress(KeyboardInterrupt):  # uvicorn passes it on after it has stopped in order
        server.run()
    return 0 if server.started else SOME_FAILED


def _enhance(parsed: argparse.Namespace, settings: Settings) -> int:
    selection = choose(settings.shelf)
    wanted: dict[Role, str | None] = {"restorer": parsed.restorer, "upscaler": parsed.upscaler}
    for role, name in wanted.items():
        if name is not None and name not in selection.offered_names(role):
            print(f"--{role}: there is {', '.join(selection.offered_names(role))}, not {name}.", file=sys.stderr)
            return USAGE_ERROR
    from app.commands.photos import enhance_files, plan_files
    from app.work.loaded_models import Engine  # with torch, and so only now

    try:
        files = plan_files(parsed.input, parsed.output, parsed.output_format)
    except ValueError as error:
        print(error, file=sys.stderr)
        return USAGE_ERROR
    options = EnhanceOptions(
        upscale_factor=parsed.upscale_factor,
        strength=parsed.strength,
        faces=parsed.faces,
        require_face=parsed.require_face,
        color_correction=parsed.color_correction,
        background=parsed.background,
        identity_policy=parsed.identity_policy,
        identity_threshold=settings.threshold_for(parsed.identity_threshold),
        restorer=parsed.restorer,
        upscaler=parsed.upscaler,
        denoise_strength=parsed.denoise_strength,
    )
    models = Engine(settings, selection).load()
    failed = 0
    with tqdm(total=len(files), unit="photo", disable=None) as bar:
        for result in enhance_files(files, options, parsed.quality, models, settings):
            failed += not result.done
            arrow = f" → {result.target}" if result.done else ""
            bar.write(f"{result.source}{arrow}: {result.message}", file=sys.stderr)
            bar.update()
    return SOME_FAILED if failed else 0


def _models_list(parsed: argparse.Namespace, settings: Settings) -> int:
    problem = list_models(settings)
    if problem is None:
        return 0
    print(problem, file=sys.stderr)
    return USAGE_ERROR


def _models_verify(parsed: argparse.Namespace, settings: Settings) -> int:
    return 0 if verify_models(parsed.names, settings) else SOME_FAILED


def _models_pull(parsed: argparse.Namespace, settings: Settings) -> int:
    return 0 if pull_models(parsed.names, settings, accept_licences=parsed.accept_licences) else SOME_FAILED


def _keys_new(parsed: argparse.Namespace, settings: Settings) -> int:
    key, entry = new_key(parsed.name)
    print(f"The key, for whoever sends photos; it is shown this once:\n  {key}")
    print(f"To be added to LIKENESS_API_KEYS, after a comma if there are others:\n  {entry}")
    return 0


def _openapi(parsed: argparse.Namespace, settings: Settings) -> int:
    from app.application import create_app  # with torch, and so only now

    # The same document whatever is set here: web/openapi.json is held against it.
    defaults = {name: field.get_default(call_default_factory=True) for name, field in Settings.model_fields.items()}
    app = create_app(Settings(**defaults | {"models": "embedded", "device": "cpu"}))
    print(json.dumps(app.openapi(), indent=2, sort_keys=True))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m app", description="Restore faces in photos, with figures.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="serve over HTTP")
    serve.add_argument("--host", help="address to listen on (LIKENESS_HOST)")
    serve.add_argument("--port", type=_number(0, 65_535, int), help="port to listen on (LIKENESS_PORT)")
    serve.set_defaults(command=_serve)

    default = {name: field.default for name, field in EnhanceForm.model_fields.items()}
    enhance = commands.add_parser(
        "enhance", help="a photo, or a folder of photos", formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    enhance.add_argument("input", metavar="IN", type=Path, help="a photo or a folder")
    enhance.add_argument("output", metavar="OUT", type=Path, help="a file, or a folder (made if need be)")
    enhance.add_argument(
        "--upscale-factor", type=_number(*FACTOR_BOUNDS), default=default["upscale_factor"], metavar="1-4"
    )
    enhance.add_argument("--strength", type=_number(*STRENGTH_BOUNDS), default=default["strength"], metavar="0-1")
    enhance.add_argument("--faces", choices=get_args(FaceChoice), default=default["faces"])
    enhance.add_argument("--require-face", action=argparse.BooleanOptionalAction, default=default["require_face"])
    enhance.add_argument("--color-correction", choices=get_args(ColorCorrection), default=default["color_correction"])
    enhance.add_argument("--background", choices=get_args(Background), default=default["background"])
    enhance.add_argument("--identity-policy", choices=get_args(IdentityPolicy), default=default["identity_policy"])
    enhance.add_argument(
        "--identity-threshold",
        type=_number(*THRESHOLD_BOUNDS),
        metavar="-1-1",
        help="unless given: LIKENESS_IDENTITY_THRESHOLD, else the recogniser's own",
    )
    enhance.add_argument("--restorer", metavar="NAME", help="one that is installed")
    enhance.add_argument("--upscaler", metavar="NAME", help="one that is installed")
    enhance.add_argument(
        "--denoise-strength",
        type=_number(*STRENGTH_BOUNDS),
        default=default["denoise_strength"],
        metavar="0-1",
        help="less leaves grain",
    )
    enhance.add_argument(
        "--output-format",
        choices=get_args(OutputFormat),
        default=None,
        help="if OUT is a folder; else its name says it",
    )
    enhance.add_argument("--quality", type=_number(*QUALITY_BOUNDS, int), default=default["quality"], metavar="1-100")
    enhance.set_defaults(command=_enhance)

    models = commands.add_parser("models", help="the models and their state").add_subparsers(
        required=True, metavar="COMMAND"
    )
    models.add_parser("list", help="every known model, its licence and whether it is in use").set_defaults(
        command=_models_list
    )
    verify = models.add_parser("verify", help="whether the files are what they should be")
    verify.add_argument("names", nargs="*", metavar="NAME", help="unless given: all that are installed")
    verify.set_defaults(command=_models_verify)
    pull = models.add_parser("pull", help="download official models")
    pull.add_argument("names", nargs="*", metavar="NAME", help="unless given: the best of every role")
    pull.add_argument(
        "--accept-licences", action="store_true", help="also those that are not free for commercial use; they are shown"
    )
    pull.set_defaults(command=_models_pull)

    keys = commands.add_parser("keys", help="the API keys").add_subparsers(required=True, metavar="COMMAND")
    new = keys.add_parser("new", help="make a key, and what LIKENESS_API_KEYS must know of it")
    new.add_argument("name", metavar="NAME", type=_key_name, help="whose key it is: a-z, 0-9, _ and -")
    new.set_defaults(command=_keys_new)

    openapi = commands.add_parser("openapi", help="print the OpenAPI document, as JSON")
    openapi.set_defaults(command=_openapi)
    return parser


def _key_name(text: str) -> str:
    """A type for argparse."""
    if not NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text} is not made of a-z, 0-9, _ and - (64 at most)")
    return text


def _number(low: int, high: int, kind: type[int] | type[float] = float) -> Callable[[str], float]:
    """A type for argparse: a number within bounds."""

    def parse(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            what = "a whole number" if kind is int else "a number"
            raise argparse.ArgumentTypeError(f"{text} is not {what} between {low} and {high}")
        return value

    return parse


if __name__ == "__main__":
    sys.exit(main())
