"""The file that a result is written as: its format, which may be that of the photo, and its options."""

from dataclasses import dataclass

from app.options import OutputOptions
from app.work.errors import BadParameter
from pipeline.codec.file_options import unfit_options, without
from pipeline.codec.formats import InputFormat
from pipeline.options import FileOptions, OutputFormat
from pipeline.types import Notice


@dataclass(frozen=True, slots=True)
class OutputFile:
    """Format and options of a result's file, and what of the request has no effect on it."""

    output_format: OutputFormat
    options: FileOptions
    notices: tuple[Notice, ...] = ()


def check_output(output: OutputOptions) -> None:
    """Raise `BadParameter` where an option contradicts the format that is asked for.

    With `same` nothing does: which format that is depends on the photo, and a folder may have photos of several.
    """
    if output.output_format != "same":
        unfit = unfit_options(output, output.output_format)
        if unfit:
            raise BadParameter(f"{'; '.join(unfit.values())}.")


def output_file(output: OutputOptions, photo_format: InputFormat) -> OutputFile:
    """The file for a photo in this format. Raises what `check_output` does."""
    check_output(output)
    if output.output_format != "same":
        return OutputFile(output.output_format, output)
    own, notices = photo_format.output_format, []
    if own != photo_format.name.lower():
        message = f"{photo_format.name} files are read only; the result is a {own.upper()} file."
        notices.append(Notice("output_format_replaced", message))
    unfit = unfit_options(output, own)
    notices += [Notice("option_unused", f"{reason}: it had no effect.") for reason in unfit.values()]
    return OutputFile(own, without(output, unfit), tuple(notices))
