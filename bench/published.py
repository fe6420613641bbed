"""The published tools as a contestant: `GFPGANer` with `RealESRGANer`, set up as in their scripts.

float32, tiles of 400 pixels, PNG bytes in and out, as `inference_gfpgan.py` reads and writes files.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from bench import photo
from bench.peak import PeakMemory
from bench.rate import flops
from bench.stopwatch import Stopwatch, timed
from bench.worker import Commands
from pipeline.options import Background
from tests import checkpoints
from tests.parity.published import published


def commands(weights_dir: str, device: str) -> Commands:
    """The worker's commands. `device` is cpu or cuda; `bench.weights` has written `weights_dir`."""
    contestant = Contestant(Path(weights_dir), torch.device(device))
    return {"enhance": contestant.enhance, "network": contestant.network, "flops": contestant.flops}


class Contestant:
    """The published networks, loaded once."""

    def __init__(self, folder: Path, device: torch.device) -> None:
        self._peak = PeakMemory()
        self._stopwatch = Stopwatch()
        self._device = device
        rrdb = published("basicsr.archs.rrdbnet_arch").RRDBNet(
            num_in_ch=3, num_out_ch=3, num_feat=64, num_block=23, num_grow_ch=32, scale=2
        )
        file = str(folder / "RealESRGAN_x2plus.pth")
        self._upscaler = published("realesrgan").RealESRGANer(
            2, file, model=rrdb, tile=400, tile_pad=10, pre_pad=0, half=False, device=device
        )
        os.chdir(folder)  # here its helper finds the detector and the parser, and so downloads nothing
        self._restorer = published("gfpgan").GFPGANer(
            str(folder / "GFPGANv1.4.pth"),
            upscale=2,
            arch="clean",
            channel_multiplier=2,
            bg_upsampler=self._upscaler,
            device=device,
        )
        self._networks = {"gfpgan": self._restorer.gfpgan, "x2plus": self._upscaler.model}
        self._helper = self._restorer.face_helper
        self._detect: Callable[..., Any] = self._helper.get_face_landmarks_5
        self._watch()

    def enhance(
        self, file: str, faces: list[dict[str, Any]], width: int, background: Background = "upscale"
    ) -> dict[str, Any]:
        """Enlarge one photo ×2 with the given faces. Returns seconds, milliseconds by stage and part of a stage, MB.

        `background="resample"` works without an upscaler, as the script does with `--bg_upsampler none`.
        """
        data = Path(file).read_bytes()
        self._helper.get_face_landmarks_5 = self._stopwatch.wrap("detection", self._given(faces))
        self._restorer.bg_upsampler = self._upscaler if background == "upscale" else None
        self._stopwatch.reset()
        self._peak.reset()
        output, seconds = timed(lambda: self._whole(data))
        measured = self._stopwatch.milliseconds
        parts = {name: measured.pop(name) for name in ("restorer", "upscaler", "parser") if name in measured}
        # No function does the restoration alone, so its time is the rest: the network and the code around it.
        known = sum(measured.get(stage, 0.0) for stage in ("detection", "alignment", "upscaling", "blending"))
        measured["restoration"] = measured.pop("enhance") - known
        return {
            "seconds": seconds,
            "stages_ms": measured,
            "parts_ms": parts,
            "faces": len(self._helper.restored_faces),
            "side": output.shape[1],
            **self._peak.read(),
        }

    def network(self, network: str, side: int, count: int) -> dict[str, float]:
        """Seconds of one network on a batch of `count` square pictures of `side` pixels."""
        model, batch = self._network(network), self._batch(network, side, count)
        with torch.no_grad():
            return {"seconds": timed(lambda: model(batch))[1]}

    def flops(self, network: str, side: int, count: int) -> int:
        """Floating-point operations of that network; a multiplication and an addition count as two."""
        return flops(self._network(network), self._batch(network, side, count))

    def _whole(self, data: bytes) -> Any:
        watch = self._stopwatch.wrap
        image = watch("decode", cv2.imdecode)(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        _, _, output = watch("enhance", self._restorer.enhance)(image, paste_back=True)
        watch("encode", cv2.imencode)(".png", output)
        return output

    def _watch(self) -> None:
        watch, helper = self._stopwatch.wrap, self._helper
        helper.align_warp_face = watch("alignment", helper.align_warp_face)
        helper.paste_faces_to_input_image = watch("blending", helper.paste_faces_to_input_image)
        helper.face_parse = watch("parser", helper.face_parse)
        self._upscaler.enhance = watch("upscaling", self._upscaler.enhance)
        self._upscaler.model = watch("upscaler", self._upscaler.model)
        self._restorer.gfpgan = watch("restorer", self._restorer.gfpgan)

    def _given(self, faces: list[dict[str, Any]]) -> Callable[..., int]:
        """Runs the detector, then replaces its result with `faces`, because the detector's weights are random."""

        def detect(**options: Any) -> int:
            self._detect(**options)
            self._helper.all_landmarks_5 = [face.landmarks for face in photo.from_json(faces)]
            self._helper.det_faces = [np.append(face.box, face.score) for face in photo.from_json(faces)]
            return len(faces)

        return detect

    def _network(self, name: str) -> Any:
        if name != "general-x4v3":
            return self._networks[name]
        network = published("realesrgan.archs.srvgg_arch").SRVGGNetCompact(
            num_in_ch=3, num_out_ch=3, num_feat=64, num_conv=32, upscale=4, act_type="prelu"
        )
        network.load_state_dict(checkpoints.compact()["params"], strict=True)
        return network.eval().to(self._device)

    def _batch(self, network: str, side: int, count: int) -> torch.Tensor:
        image = photo.crop().image * 2 - 1 if network == "gfpgan" else photo.image(side)
        batch = torch.from_numpy(image).permute(2, 0, 1)[None].repeat(count, 1, 1, 1)
        return batch.contiguous().to(self._device)
