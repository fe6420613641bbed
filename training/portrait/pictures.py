"""The picture of `portrait-face` in ``training/README.md``: ``python -m training.portrait.pictures``.

A row has a worn face, what `compact-face` and `portrait-face` make of it, and the face as it is in the photo.
"""

from __future__ import annotations

import numpy as np

from training.faces import LANDMARKS
from training.measures import resized
from training.photos import HELD_OUT, held_out_photo
from training.pictures import FOLDER, strip, write
from training.portrait.evaluation import embedded, sharp_crop, worn_crop
from training.portrait.portraits import Portrait
from training.portrait.wear import GRADES

SHOWN = 240  # pixels, the side of each panel
# Who, native size in px, grade of wear. The last is too worn: nobody can know that face.
CASES = (
    ("astronaut", 128, "medium"),
    ("grace_hopper", 96, "medium"),
    ("astronaut", 96, "heavy"),
    ("grace_hopper", 48, "heavy"),
)


def held_out_portrait(name: str) -> Portrait:
    """A photo of one person that was not used in training, as a portrait."""
    photo = next(held_out_photo(entry) for entry in HELD_OUT if entry.name == name)
    return Portrait(name, (photo * 255).round().astype(np.uint8), np.array(LANDMARKS[name][0], np.float32))


def main() -> None:
    """Write the picture."""
    restorers, _ = embedded()
    rows = []
    for seed, (name, native, grade) in enumerate(CASES):
        portrait = held_out_portrait(name)
        crop = worn_crop(portrait, native, GRADES[grade], seed)
        panels = [
            crop.image,
            *(restorers[who](crop) for who in ("compact-face", "portrait-face")),
            sharp_crop(portrait),
        ]
        rows.append(strip([resized(panel, SHOWN, SHOWN) for panel in panels]))
    gap = np.ones((6, rows[0].shape[1], 3), np.float32)
    write(np.concatenate([piece for row in rows for piece in (row, gap)][:-1]), FOLDER / "portrait-face.jpg")


if __name__ == "__main__":
    main()
