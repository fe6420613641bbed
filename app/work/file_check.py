"""What can be known of an order's files before a pixel is decoded."""

from app.settings import PhotoLimits
from app.work.order import Order
from app.work.output_file import output_file
from pipeline.codec.inspect import Header, inspect
from pipeline.codec.output_formats import check_size
from pipeline.errors import TooManyPixels
from pipeline.options import OutputFormat
from pipeline.steps.upscaling import output_size


def check_files(order: Order, limits: PhotoLimits) -> None:
    """Refuse an order that could never be done, in milliseconds, so that it need not be kept for later.

    Raises `UnsupportedMediaType`, `BrokenImage`, `TooManyPixels`, `OutputFormatLimit` and `BadParameter`, as the work
    itself would.
    """
    header = inspect(order.file, max_pixels=limits.max_input_pixels)
    file = output_file(order.output, header.file_format)
    _ = checked_output(header, order, file.output_format, limits)
    if order.reference is not None:
        _ = inspect(order.reference, max_pixels=limits.max_input_pixels)


def checked_output(header: Header, order: Order, output_format: OutputFormat, limits: PhotoLimits) -> int:
    """The number of pixels of the result. Raises `TooManyPixels` or `OutputFormatLimit` where it would be too large."""
    width, height = output_size(*header.upright_size, order.options)
    check_size(width, height, output_format)
    if width * height > limits.max_output_megapixels * 1e6:
        raise TooManyPixels(
            f"The result would have {width * height / 1e6:.4g} megapixels ({width} × {height}); "
            f"at most {limits.max_output_megapixels:g} are made."
        )
    return width * height
