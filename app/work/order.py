"""What a photo is to become, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pipeline.options import EnhanceOptions, OutputFormat

Task: TypeAlias = Literal["enhance", "upscale"]


@dataclass(frozen=True, slots=True)
class Order:
    """One photo to do: what came in, and what is wanted."""

    task: Task
    file: bytes
    reference: bytes | None
    options: EnhanceOptions
    output_format: OutputFormat
    quality: int
    metrics: bool
    as_document: bool = True  # false: only the picture is wanted


@dataclass(frozen=True, slots=True)
class Answer:
    """A photo that was done: the document with the encoded picture, or that alone, and all else there is to say."""

    body: bytes
    facts: dict[str, Any]
    photo_pixels: int  # of what came in
