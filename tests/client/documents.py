"""What a server answers, for servers that only pretend to be one."""

from __future__ import annotations

import base64
import json
from typing import Any

NUMBER = "01a21fde-dafe-71d1-b10c-eecadd5b7e89"
TIME = "2026-11-28T01:57:08.482014Z"
REPORT: dict[str, Any] = {
    "media_type": "image/png",
    "width": 1,
    "height": 1,
    "metrics": None,
    "faces": [],
    "processing_time_ms": 1,
    "timings_ms": {"decode": 1.0},
    "models": {},
    "warning": None,
    "warnings": [],
}
PICTURE = b"the picture"
RESTORED = json.dumps({"status": "success", "data": {**REPORT, "restored_image": base64.b64encode(PICTURE).decode()}})


def error(code: str = "unavailable", message: str = "No room.") -> str:
    return json.dumps({"error": message, "stage": "queue", "code": code, "request_id": "r1"})


def job(state: str = "queued", **others: object) -> dict[str, Any]:
    return {
        "id": NUMBER,
        "kind": "enhance",
        "state": state,
        "file_name": "a.jpg",
        "batch": None,
        "position": None,
        "stage": None,
        "fraction": 0,
        "attempt": 0,
        "cancelling": False,
        "created_at": TIME,
        "started_at": None,
        "finished_at": None,
        "expires_at": "2026-11-29T01:57:08Z",
        "timings_ms": {},
        "result": None,
        "error": None,
        **others,
    }
