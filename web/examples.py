"""The small pictures of what ways and controls do, in web/public/examples: `python web/examples.py`, from the root.

Each has before and after side by side: a part of NASA's portrait that was aged, blurred or made small, and what the
embedded models made of it.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import skimage.data
from PIL import Image, ImageFilter

sys.path.insert(0, str(Path(__file__).parents[1]))

from app.options import OPTIONS, enhance_options, output_options
from app.settings import Settings
from app.work.loaded_models import LoadedModels
from app.work.order import Order
from app.work.photo import restore_photo
from pipeline.run import Run

FOLDER = Path(__file__).parent / "public" / "examples"
GROUND = (150, 148, 142)
QUALITY = 50

Picture = Image.Image
Part = tuple[float, float, float, float]  # left, top, right, bottom, as fractions of a picture

HEAD: Part = (0.1875, 0.0625, 0.75, 0.625)
FACE: Part = (0.297, 0.172, 0.641, 0.516)

SETTINGS = Settings.model_validate({"models": "embedded"})
MODELS = LoadedModels(SETTINGS).load(measure_pace=False)
RANDOM = np.random.default_rng(3)


def main() -> None:
    """Write all pictures."""
    FOLDER.mkdir(exist_ok=True)
    astronaut = Image.fromarray(skimage.data.astronaut())
    portrait = astronaut.crop((80, 0, 400, 320))

    old = faded(grainy(blurred(small(portrait, 160), 0.8), 9))
    write("old_photo", beside(old, restored(old, strength=1.0, color_correction="auto"), HEAD, 80))

    soft = blurred(small(portrait, 160), 1.5)
    gentle = restored(soft, strength=0.65, identity_policy="protect")
    write("sharper", beside(soft, gentle, (0.22, 0.1, 0.7, 0.58), 80))

    large = part_of(restored(small(portrait, 160), strength=0.0, upscale_factor=4.0), HEAD, 80)
    growing = Image.new("RGB", (160, 80), GROUND)
    growing.paste(large.resize((32, 32), Image.Resampling.LANCZOS), (24, 24))
    growing.paste(large, (80, 0))
    write("larger", growing)

    soft = blurred(small(portrait, 150), 1.3)
    write("strength", beside(restored(soft, strength=0.0), restored(soft, strength=1.0), FACE, 60))

    pale = faded(small(portrait, 240))
    write("colors", beside(pale, restored(pale, strength=0.0, color_correction="auto"), (0.05, 0.05, 0.95, 0.95), 60))

    cloth = grainy(small(astronaut.crop((0, 180, 300, 480)), 150), 10)
    plain = restored(cloth, strength=0.0, background="resample")
    write("background", beside(plain, restored(cloth, strength=0.0), (0.05, 0.05, 0.5, 0.5), 60))


def restored(photo: Picture, **given: Any) -> Picture:
    """What a request with these fields gets."""
    file = io.BytesIO()
    photo.save(file, "PNG")
    values = {option.name: option.default for option in OPTIONS} | {"require_face": False} | given
    order = Order("enhance", file.getvalue(), None, enhance_options(values, None), output_options(values))
    finished = restore_photo(order, MODELS, SETTINGS.photo_limits, Run())
    return Image.open(io.BytesIO(finished.picture.data)).convert("RGB")


def small(picture: Picture, side: int) -> Picture:
    """The picture with sides of this many pixels."""
    return picture.resize((side, side), Image.Resampling.LANCZOS)


def blurred(picture: Picture, radius: float) -> Picture:
    """Out of focus, by a Gaussian of this radius in pixels."""
    return picture.filter(ImageFilter.GaussianBlur(radius))


def grainy(picture: Picture, deviation: float) -> Picture:
    """With the grain of film: the same noise in all colours, of this standard deviation in levels."""
    levels = np.asarray(picture, dtype=float)
    return clipped(levels + RANDOM.normal(0, deviation, levels.shape[:2])[..., None])


def faded(picture: Picture) -> Picture:
    """With the low contrast and the yellow of an old print."""
    return clipped((np.asarray(picture, dtype=float) * 0.55 + 74) * np.array([1.0, 0.955, 0.87]))


def clipped(levels: Any) -> Picture:
    """Levels as a picture."""
    return Image.fromarray(levels.clip(0, 255).astype(np.uint8))


def beside(before: Picture, after: Picture, part: Part, side: int) -> Picture:
    """The same part of both, each `side` pixels wide and high."""
    both = Image.new("RGB", (2 * side, side))
    for index, picture in enumerate((before, after)):
        both.paste(part_of(picture, part, side), (index * side, 0))
    return both


def part_of(picture: Picture, part: Part, side: int) -> Picture:
    """A part of a picture, `side` pixels wide and high."""
    left, top, right, bottom = part
    width, height = picture.size
    cut = picture.crop((round(left * width), round(top * height), round(right * width), round(bottom * height)))
    return small(cut, side)


def write(name: str, picture: Picture) -> None:
    """Write a picture as a small WebP file."""
    picture.save(FOLDER / f"{name}.webp", quality=QUALITY, method=6)


if __name__ == "__main__":
    main()
