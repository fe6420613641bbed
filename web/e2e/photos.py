"""The photos of the browser tests, written to a folder: `python photos.py FOLDER`."""

from __future__ import annotations

import shutil
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pillow_heif
import skimage.data
import tifffile
from PIL import Image

ORIENTATION = 0x0112
TURNED = 6  # EXIF: upright after a turn by 90° clockwise

SAMPLE = Path(__file__).parents[1] / "public" / "sample.jpg"


def make(folder: Path) -> None:
    """Write all photos. The group is left out if the wheel that contains it was not downloaded."""
    astronaut = Image.fromarray(skimage.data.astronaut())
    shutil.copy(SAMPLE, folder / "portrait.jpg")
    astronaut.resize((320, 320)).save(folder / "second.png")

    # The face on the left is too dark to be found by itself; it is found where a box says that it is.
    small = astronaut.resize((320, 320))
    pair = Image.new("RGB", (640, 320))
    pair.paste(small.point(lambda level: level * 0.08), (0, 0))
    pair.paste(small, (320, 0))
    pair.save(folder / "pair.png")

    upright = astronaut.crop((60, 0, 380, 400))
    exif = Image.Exif()
    exif[ORIENTATION] = TURNED
    upright.transpose(Image.Transpose.ROTATE_90).save(folder / "turned.jpg", quality=92, exif=exif)

    # Photos that Chromium cannot show: a phone's, on its side, with more pixels than a preview has; and one of 16 bits.
    phone = upright.resize((1680, 2100), Image.Resampling.LANCZOS).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[ORIENTATION] = TURNED
    turned = pillow_heif.from_pillow(phone)
    turned.info["exif"] = exif.tobytes()
    turned.save(folder / "phone.heic", quality=80)
    deep = np.asarray(upright).astype(np.uint16) * 257
    tifffile.imwrite(folder / "scan.tif", deep, photometric="rgb")

    # A few hundred kilobytes that take about a minute to restore.
    astronaut.resize((3000, 3000)).save(folder / "large.jpg", quality=80)

    # Its metrics take longer than the 50 ms in which a browser reports only once what has arrived; at 560 px they took
    # 21 ms, and the page sometimes learned of them together with the next stage.
    side = 1200
    noise = np.random.default_rng(0).normal(0, 12, (side, side, 3))
    noisy = np.clip(np.asarray(astronaut.resize((side, side)), dtype=float) + noise, 0, 255).astype(np.uint8)
    Image.fromarray(noisy).save(folder / "heavy.png")

    rows = np.linspace(60, 220, 240, dtype=np.uint8)
    Image.fromarray(np.repeat(rows[:, None], 320, axis=1)).convert("RGB").save(folder / "landscape.jpg")

    whole = (folder / "portrait.jpg").read_bytes()
    (folder / "broken.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "note.jpg").write_text("This is no photo, whatever its name says.\n")
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "film.heic").write_bytes(b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(200))
    Image.new("L", (6000, 5000), 128).save(folder / "vast.png")
    Image.new("L", (4200, 4200), 128).save(folder / "wide.png")  # 17.6 megapixels, 282 at ×4

    for wheel in sorted((Path(sys.prefix) / "photos").glob("insightface-*.whl"))[-1:]:
        with zipfile.ZipFile(wheel) as packed:
            group = Image.open(BytesIO(packed.read("insightface/data/images/t1.jpg")))
        group.resize((group.width // 2, group.height // 2)).save(folder / "group.jpg", quality=92)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
