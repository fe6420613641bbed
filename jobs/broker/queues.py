"""The queues of the broker: one for each kind of work, so that a worker may be kept for some of them."""

from collections.abc import Mapping

from app.work.order import Task

# In a queue, beyond which none is added: 1.1 kB each, and a Redis that is full refuses signs of life of workers too.
MOST_MESSAGES = 10_000

QUEUES = ("faces", "upscale", "video")  # nothing is sent to `video` yet
QUEUE_OF: Mapping[Task, str] = {"enhance": "faces", "upscale": "upscale"}


def kinds_in(queue: str) -> frozenset[Task]:
    """The kinds of work whose messages are in this queue; none for a queue of somebody else."""
    return frozenset(kind for kind, name in QUEUE_OF.items() if name == queue)
