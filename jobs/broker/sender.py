"""Sends messages to the broker from a thread of its own, so that nobody waits for it."""

import logging
import queue
import threading
from collections.abc import Iterable
from uuid import UUID

from app.settings import Settings
from jobs.broker.celery_app import TASK, celery_app
from jobs.broker.client import blocking_client_for
from jobs.broker.outage import Outage
from jobs.broker.queues import MOST_MESSAGES
from jobs.observer import Observer

logger = logging.getLogger("likeness")

MOST_WAITING = 5_000  # messages
PAUSE_S = 2.0  # after a failure
STOP_S = 1.0


class Sender:
    """Sends what it can. The dispatcher sends later what it drops: the broker is away or slow, or the queue is long."""

    def __init__(self, settings: Settings, observer: Observer) -> None:
        self._app, self._redis = celery_app(settings), blocking_client_for(settings.broker_url)
        self._waiting: queue.Queue[tuple[str, UUID] | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._go_on, name="broker", daemon=True)
        self._over = threading.Event()
        self._outage = Outage("jobs are taken and sent later", observer)

    @property
    def is_idle(self) -> bool:
        """Whether all messages are sent or dropped."""
        return self._waiting.unfinished_tasks == 0

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def send(self, name: str, job_ids: Iterable[UUID]) -> None:
        """Send a message for each of these jobs to this queue, in order, as far as there is room for them."""
        try:
            for job_id in job_ids:
                self._waiting.put_nowait((name, job_id))
        except queue.Full:
            logger.warning("messages of jobs are sent later: %d wait already", MOST_WAITING)

    def stop(self) -> None:
        """Send no more. Blocks for `STOP_S` at most."""
        self._over.set()
        self._drop()
        self._waiting.put_nowait(None)
        if self._thread.is_alive():
            self._thread.join(STOP_S)

    def _go_on(self) -> None:
        while (message := self._waiting.get()) is not None:
            name, job_id = message
            try:
                if int(self._redis.llen(name)) < MOST_MESSAGES:
                    self._app.send_task(TASK, args=[str(job_id)], queue=name, retry=False)
            except Exception as error:  # whatever it is, the thread goes on
                self._failed(error)
            else:
                self._outage.over()
            finally:
                self._waiting.task_done()
            if self._over.is_set():
                break
        self._app.close()
        self._redis.close()

    def _failed(self, error: Exception) -> None:
        """Wait before the broker is asked again. What is in line is dropped: the dispatcher sends for it later."""
        self._outage.noticed(error)
        self._drop()
        self._over.wait(PAUSE_S)

    def _drop(self) -> None:
        while True:
            try:
                self._waiting.get_nowait()
            except queue.Empty:
                return
            self._waiting.task_done()
