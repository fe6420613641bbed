"""What is asked for one photo."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from app.options import OutputOptions
from pipeline.options import EnhanceOptions

Task: TypeAlias = Literal["enhance", "upscale"]


@dataclass(frozen=True, slots=True)
class Order:
    """One photo to work on: the bytes of its file (and of a ground truth, `reference`), and the options."""

    task: Task
    file: bytes
    reference: bytes | None
    options: EnhanceOptions
    output: OutputOptions = field(default_factory=OutputOptions)
