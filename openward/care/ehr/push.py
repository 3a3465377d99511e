"""Pushes: whose turn it is, whether there is anything to push, and when they are made by themselves."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from openward.care import organizations, patients, summaries
from openward.care.ehr import cadence_store, delivery_store, store, subscription_store, task_store
from openward.care.ehr.deliver import delivering, wake_next
from openward.care.ehr.model import MessageRef
from openward.care.ehr.outgoing import REPLACED_WITHIN, Push, PushRecord, TaskState
from openward.care.ehr.settings import EHRSettings, Provider, settings_of
from openward.care.ehr.sync import pushing, sync_organization, sync_patient
from openward.care.errors import NotFound
from openward.care.summaries import SummaryChanged
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.infra.jobs import Deferred

AFTER_UPLOAD: Final = "ehr.after-upload"
TICK: Final = "ehr.tick"
_UPLOADS: Final = frozenset(("LEGACY_DATA_ADDED", "LEGACY_UPLOAD_COMPLETED", "UPLOAD_COMPLETED"))
"""Tidepool: only a summary that was computed for one of these reasons is pushed by itself."""
_FORGOTTEN_AFTER: Final = timedelta(minutes=10)
_MOST_AT_ONCE: Final = 500


class Skipped(Exception):
    """There is nothing to push, or nobody to push about; `reason` is a code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def order_push(work: Work, organization: OrganizationKey, person: PersonKey, order: MessageRef) -> None:
    """Make the push that an order asks for."""
    made = await task_store.add_for_order(work, organization, person, Provider.REDOX, order)
    if made is not None:
        work.tasks.append(pushing(made))


async def begin_push(work: Work, key: UUID) -> Push | None:
    """The push, if it is its turn; None when it is not (whatever goes first calls it), or when it was skipped just now.

    The pushes about one patient of an organization are carried out one after the other.
    """
    task = await task_store.get(work, key)
    if task is None or await task_store.lock_first(work, task.organization, task.person) != (key, TaskState.DUE):
        return None
    if task.is_order and await delivery_store.has_open_result(work, task.message):
        return None  # Tidepool: first the result of the order, then the push.
    try:
        settings = await _settings(work, task.organization)
        await _check_patient(work, task.organization, task.person)
        if not task.is_order and await task_store.is_covered(work, task):
            # It waited behind another one, which has said all that there was to say when this one was asked for.
            raise Skipped("covered")
    except Skipped as skipped:
        await skip(work, key, skipped.reason)
        return None
    order = await store.order_of(work, task.message)
    if order is None:
        raise NotFound("the order is gone")
    content, received_at = order
    replaces = None
    if settings.scheduled_reports.on_upload_note_event_type == "Replace" and not task.is_order:
        replaces = await task_store.last_note(work, task, task.created_at - REPLACED_WITHIN)
    since = None if task.is_order else await task_store.last_sent(work, task)
    return Push(
        key=key,
        document=task.name,
        organization=task.organization,
        person=task.person,
        message=task.message,
        order=content,
        is_order=task.is_order,
        since=since,
        reported=await task_store.last_upload(work, task) if task.is_after_upload else None,
        ordered_at=received_at,
        replaces=replaces,
        settings=settings,
    )


async def _settings(work: Work, organization: OrganizationKey) -> EHRSettings:
    try:
        settings = settings_of(await organizations.get(work, organization))
    except NotFound:
        raise Skipped("clinic-gone") from None
    if settings is None or not settings.enabled or settings.provider is not Provider.REDOX:
        raise Skipped("not-linked")
    if settings.destination_ids is None:
        raise Skipped("no-destination")
    return settings


async def _check_patient(work: Work, organization: OrganizationKey, person: PersonKey) -> None:
    enrolment = await patients.peek(work, organization, person)
    if enrolment is None or not enrolment.is_active or enrolment.is_deceased:
        raise Skipped("patient-gone")
    found = await subscription_store.of(work, organization, [person])
    if not any(one.is_active for one in found if one.provider is Provider.REDOX):
        raise Skipped("not-subscribed")


async def skip(work: Work, key: UUID, reason: str) -> None:
    """Nothing is sent for this push; the patient's next one has its turn."""
    task = await task_store.get(work, key)
    await task_store.put_state(work, key, TaskState.SKIPPED, reason)
    if task is not None:
        await wake_next(work, task.organization, task.person)


async def sending(work: Work, key: UUID, uploaded_at: datetime | None) -> None:
    """The messages of this push are made; `uploaded_at` is the newest upload in them."""
    await task_store.put_upload(work, key, uploaded_at)
    await task_store.put_state(work, key, TaskState.SENDING)


async def follow_summary(work: Work, event: SummaryChanged) -> None:
    """A summary that an upload changed is pushed where reports are ordered; by a job, as nothing here may wait."""
    kind = summaries.Kind(event.kind)
    if kind is summaries.Kind.CONTINUOUS:
        return
    if not await subscription_store.organizations_of(work, event.person, Provider.REDOX):
        return
    kept = await summaries.current(work, event.person, kind)
    if kept is None:
        return
    dates = kept.summary.dates
    if not dates.outdated_reason and _UPLOADS.intersection(dates.last_updated_reason):
        work.tasks.append(Deferred(AFTER_UPLOAD, {"person": str(event.person)}, f"{AFTER_UPLOAD}:{event.person}"))


async def after_upload_job(work: Work, data: Mapping[str, Any]) -> None:
    """Push to wherever uploads of this person are reported; nowhere is no error."""
    try:
        await sync_patient(work, PersonKey(UUID(data["person"])), is_after_upload=True)
    except NotFound:
        return


async def tick_job(work: Work, _data: Mapping[str, Any]) -> None:
    """Each minute: push for organizations whose cadence has gone by, and take up what was lost on the way.

    A cadence counts from the moment that it is first seen here: orders push by themselves.
    """
    for organization, days in await organizations.with_ehr_cadence(work, Provider.REDOX.value):
        if await cadence_store.is_over(work, organization, timedelta(days=days)):
            await sync_organization(work, organization)
    before: datetime = work.now - _FORGOTTEN_AFTER
    for task in await task_store.forgotten(work, before, _MOST_AT_ONCE):
        work.tasks.append(pushing(task))
    for delivery in await delivery_store.forgotten(work, before, _MOST_AT_ONCE):
        work.tasks.append(delivering(delivery))


async def pushes(
    work: Work,
    organization: OrganizationKey,
    *,
    state: TaskState | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 100,
) -> list[PushRecord]:
    """The pushes of an organization and what became of each, newest first; `before` (time, key) pages on."""
    return await task_store.of_organization(work, organization, state, before, limit)
