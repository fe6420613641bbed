"""The queues of the broker: one for each kind of work, so that a worker may be kept for some of them."""

from collections.abc import Mapping

from app.work.order import Task

QUEUES = ("faces", "upscale", "video")  # nothing is sent to `video` yet
QUEUE_OF: Mapping[Task, str] = {"enhance": "faces", "upscale": "upscale"}
