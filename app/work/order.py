"""What is asked for one photo."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from pipeline.options import EnhanceOptions, OutputFormat

Task: TypeAlias = Literal["enhance", "upscale"]


@dataclass(frozen=True, slots=True)
class Order:
    """One photo to work on: the bytes of its file (and of a ground truth, `reference`), and the options."""

    task: Task
    file: bytes
    reference: bytes | None
    options: EnhanceOptions
    output_format: OutputFormat
    quality: int
    metrics: bool
