"""Celery's consumer in a thread of its own: it takes one message at a time and waits until its job is done."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

from celery.exceptions import Reject
from celery.worker import WorkController, state

from app.settings import Settings
from jobs.broker.celery_app import TASK, WORKER_TIMEOUT_S, celery_app

logger = logging.getLogger("likeness")


class Consumer:
    """Calls `work` with the queue of each message; where that returns False, the message goes back into it.

    It connects again for ever while the broker is away. There can be one in a process, as Celery has one state.
    """

    def __init__(self, settings: Settings, queues: Sequence[str], name: str, work: Callable[[str], bool]) -> None:
        self._app, self._work = celery_app(settings, waits_s=WORKER_TIMEOUT_S), work
        self._queues, self._name = list(queues), name
        self._task = self._app.task(name=TASK, typing=False)(self._do)
        self._thread = threading.Thread(target=self._consume, name="consumer", daemon=True)

    @property
    def is_running(self) -> bool:
        """Whether messages are taken, or the broker is waited for."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to take messages."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more. It ends once the present job is over."""
        state.should_stop = 0  # Celery's exit status

    def join(self, timeout_s: float) -> None:
        """Wait for its end. Blocks."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)

    def _do(self, *_: Any, **__: Any) -> None:
        """The task: anything may stand in a message."""
        if not self._work(str(self._task.request.delivery_info["routing_key"])):
            raise Reject("the worker stops", requeue=True)

    def _consume(self) -> None:
        self._app.set_current()  # of this thread: Celery looks for the task there
        try:
            WorkController(
                app=self._app,
                hostname=self._name,
                pool="solo",
                concurrency=1,
                queues=self._queues,
                without_heartbeat=True,
                without_mingle=True,
                without_gossip=True,
            ).start()
        except Exception:
            logger.exception("no more messages are taken")
