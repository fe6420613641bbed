"""Celery, as this service uses it: messages of a job's id, acknowledged late, without results, events and control."""

import ssl
from functools import partial
from typing import Any

from celery import Celery
from kombu.entity import Queue

from app.settings import Settings
from jobs.broker.client import TIMEOUT_S
from jobs.broker.queues import QUEUES

TASK = "likeness.job"  # its one argument: the job's id

# A message that is not acknowledged so long after the longest job is given to another worker. That finds a lease where
# the first one still works.
VISIBILITY_MARGIN_S = 600.0
WORKER_TIMEOUT_S = 5.0


def celery_app(settings: Settings, *, waits_s: float = TIMEOUT_S) -> Celery:
    """A Celery application for the broker of the settings. `waits_s`: how long one answer of it is waited for."""
    url = settings.broker_url
    app = Celery("likeness", broker=url, set_as_current=False, fixups=[])
    app.conf.update(
        broker_transport_options=_transport(settings, waits_s),
        # Without this kombu accepts any certificate.
        broker_use_ssl={"ssl_cert_reqs": ssl.CERT_REQUIRED} if url.startswith("rediss://") else None,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        task_queues=[Queue(name) for name in QUEUES],
        task_default_queue=QUEUES[0],
        task_create_missing_queues=False,
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_publish_retry=False,
        task_acks_late=True,
        task_send_sent_event=False,
        worker_send_task_events=False,
        worker_prefetch_multiplier=1,
        worker_disable_prefetch=True,
        worker_enable_remote_control=False,
        worker_detect_quorum_queues=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
    )
    # Otherwise Celery's own variables, such as CELERY_BROKER_URL, would count more than the settings.
    app.connection_for_read = partial(app.connection_for_read, url)
    app.connection_for_write = partial(app.connection_for_write, url)
    return app


def _transport(settings: Settings, waits_s: float) -> dict[str, Any]:
    return {
        "visibility_timeout": settings.job_timeout_s + VISIBILITY_MARGIN_S,
        "queue_order_strategy": "priority",  # the order in which a worker names its queues
        "socket_timeout": waits_s,
        "socket_connect_timeout": waits_s,
        "socket_keepalive": True,
        "max_retries": 0,  # of a sender to connect; a consumer does so for ever
    }
