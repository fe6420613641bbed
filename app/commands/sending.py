"""The photos of `enhance` and `upscale` sent to a service: several at once, as jobs where it keeps them."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields as fields_of
from typing import Any

from app.commands.file_result import FileResult, Outcome, Summary, failed, write_result
from app.commands.files import FilePlan
from app.commands.service import Service, ServiceStopped
from app.work.errors import BadParameter
from app.work.order import Task
from client.likeness_client import AsyncClient, LikenessError, Look, Report, Restored, Retries, Unreachable

START = Retries(attempts=3, total_s=5)  # a wrong address should be told soon
PATIENT = Retries(attempts=40, total_s=120)  # a service that is started anew loads its models
SILENCE_S, MORE_S = 200.0, 20.0  # for an answer, at least; beyond the service's own limit for a photo
GIVING_UP_S = 5  # for telling the service what is not wanted any more
_OF_ALL = (401, 403, 421, 429)  # what is refused so, after all tries, is refused for every photo


def send_photos(
    plans: Sequence[FilePlan],
    task: Task,
    fields: Mapping[str, Any],
    service: Service,
    tell: Callable[[FileResult], None],
) -> None:
    """Send every photo, write its result, and tell of it; one that fails does not stop the others.

    `fields` are those of a request that were given. What waits at the service when this ends early, as by Ctrl-C, is
    removed there. Raises `BadParameter` and `ServiceStopped`.
    """
    asyncio.run(_send_all(plans, task, fields, service, tell))


async def _send_all(
    plans: Sequence[FilePlan],
    task: Task,
    fields: Mapping[str, Any],
    service: Service,
    tell: Callable[[FileResult], None],
) -> None:
    config = await _config(service)
    _check_offered(fields, config)
    keeps = config.get("jobs") is not None and not fields.get("dry_run")
    waiting = iter(plans)
    deadline_s = float(config.get("limits", {}).get("deadline_s", 0))
    async with _client(service, PATIENT, max(SILENCE_S, deadline_s + MORE_S)) as client:
        sender = _Sender(client, task, fields, keeps)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(service.at_once, len(plans))):
                    group.create_task(sender.work_off(waiting, tell))
        except* LikenessError as errors:
            raise ServiceStopped(f"{service.url}: {errors.exceptions[0]}", stage="service") from errors


async def _config(service: Service) -> dict[str, Any]:
    try:
        async with _client(service, START, SILENCE_S) as client:
            return await client.config()
    except LikenessError as error:
        raise ServiceStopped(f"{service.url}: {error}", stage="service") from error


def _client(service: Service, retries: Retries, timeout: float) -> AsyncClient:
    try:
        return AsyncClient(service.url, api_key=service.api_key, retries=retries, timeout=timeout)
    except ValueError as error:
        raise BadParameter(str(error)) from error  # of the address or the key


def _check_offered(fields: Mapping[str, Any], config: Mapping[str, Any]) -> None:
    for role in ("restorer", "upscaler"):
        offered = config.get("choices", {}).get(role, [])
        if role in fields and fields[role] not in offered:
            raise BadParameter(f"--{role}: the service offers {', '.join(offered)}, not {fields[role]}.")


class _Sender:
    """Sends photos one after the other; several tasks use one."""

    def __init__(self, client: AsyncClient, task: Task, fields: Mapping[str, Any], keeps: bool) -> None:
        self._client = client
        self._task = task
        self._dry_run = bool(fields.get("dry_run"))
        self._fields = {name: value for name, value in fields.items() if name != "dry_run"}
        self._keeps = keeps

    async def work_off(self, plans: Iterator[FilePlan], tell: Callable[[FileResult], None]) -> None:
        """Take photos until none is left. Raises `LikenessError` where the others would fail as this one did."""
        for plan in plans:
            try:
                result = (await self._send(plan)).of(plan.source, plan.target)
            except (LikenessError, OSError) as error:
                if isinstance(error, LikenessError) and await self._concerns_all(error):
                    raise
                result = failed(plan.source, plan.target, error)
            tell(result)

    async def _concerns_all(self, error: LikenessError) -> bool:
        """Whether the service is gone, takes no more from this client, or does not know it."""
        if not isinstance(error, Unreachable):
            return error.status in _OF_ALL
        try:
            await self._client.config()
        except LikenessError:
            return True
        return False

    async def _send(self, plan: FilePlan) -> Outcome:
        """What was done."""
        fields = self._fields | {"output_format": plan.output_format}
        if self._dry_run:
            look = await self._client.look(plan.source, kind=self._task, **fields)
            summary = _summary(self._task, look)
            message = summary.of_estimate(look.estimate.seconds, look.estimate.memory_bytes)
            return Outcome(message, {"dry_run": True, **_data(look)}, summary.lacking)
        if self._keeps:
            return await self._as_job(plan, fields)
        if self._task == "enhance":
            restored = await self._client.enhance(plan.source, **fields)
        else:
            restored = await self._client.upscale(plan.source, **fields)
        return _written(plan, self._task, restored)

    async def _as_job(self, plan: FilePlan, fields: dict[str, Any]) -> Outcome:
        """The same by a job, which is removed once its result is written, or nobody waits for it any more."""
        # Not cancelled while it is sent: nobody would know of the job that the service may have made of it.
        sending = asyncio.ensure_future(self._client.submit(plan.source, kind=self._task, **fields))
        try:
            job = await asyncio.shield(sending)
            return _written(plan, self._task, await self._client.result(await self._client.wait(job)))
        finally:
            # What cannot be removed now is removed by the service when its time is over.
            with suppress(LikenessError, OSError, TimeoutError):
                async with asyncio.timeout(GIVING_UP_S):
                    await self._client.delete(await sending)


def _written(plan: FilePlan, task: Task, restored: Restored) -> Outcome:
    write_result(plan.target, restored.picture)
    timings = restored.report.timings_ms
    seconds = sum(spent for stage, spent in timings.items() if stage != "queue") / 1000
    summary = _summary(task, restored.report)
    return Outcome(summary.of_result(seconds), _data(restored.report), summary.lacking)


def _summary(task: Task, report: Report | Look) -> Summary:
    restored = sum(face.is_restored for face in report.faces)
    reasons = [face.reason for face in report.faces if face.action == "kept" and face.reason]
    return Summary(task, restored, len(report.faces), report.width, report.height, report.warnings, reasons)


def _data(report: Report | Look) -> dict[str, Any]:
    """What the service said, in its own names."""
    said = {field.name: getattr(report, field.name) for field in fields_of(report)}
    return said | {"warning": next((warning.message for warning in report.warnings), None)}
