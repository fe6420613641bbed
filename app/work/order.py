"""What is asked for one photo."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from app.options import OutputOptions
from pipeline.options import EnhanceOptions
from pipeline.types import Notice

Task: TypeAlias = Literal["enhance", "upscale"]


@dataclass(frozen=True, slots=True)
class Order:
    """One photo to work on: the bytes of its file (and of a ground truth, `reference`), and the options.

    `by_preset` names the options that a preset has set, and not the client. `notices` tell what became of them.
    """

    task: Task
    file: bytes
    reference: bytes | None
    options: EnhanceOptions
    output: OutputOptions = field(default_factory=OutputOptions)
    by_preset: frozenset[str] = frozenset()
    notices: tuple[Notice, ...] = ()
