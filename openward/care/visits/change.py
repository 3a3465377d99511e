"""Changing a visit: its time and other particulars, its status, who is assigned to it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from openward.care import audit, events
from openward.care.errors import Unprocessable
from openward.care.visits import rules, store
from openward.care.visits.model import (
    Appointment,
    AppointmentEnded,
    AppointmentRescheduled,
    Change,
    Outcome,
    Status,
)
from openward.care.visits.read import lock
from openward.care.work import OrganizationKey, PersonKey, Work


async def update(work: Work, organization: OrganizationKey, key: UUID, change: Change) -> Appointment:
    """The visit with a change; what is the same again changes nothing and tells nobody.

    `Unprocessable` when the visit's status forbids it, with nothing written; `ExternalIdTaken`.
    """
    visit = await lock(work, organization, key)
    if not rules.may_change(visit, change):
        raise Unprocessable(rules.refusal(visit.status))
    is_moved = rules.moves_time(visit, change)
    is_cancelled = change.cancels and visit.status is not Status.CANCELLED
    fields = _differing(visit, change)
    if is_cancelled:
        fields["status"] = Status.CANCELLED
    if not fields:
        return visit
    await store.set_fields(work, key, fields)
    audit.note(work, "write", "appointment", visit.person, organization)
    if is_cancelled:
        events.record(work, AppointmentEnded(organization, visit.person, key, Outcome.CANCELLED))
    elif is_moved:
        events.record(work, AppointmentRescheduled(organization, key))
    return _with(visit, fields, work)


async def move(
    work: Work, organization: OrganizationKey, key: UUID, to: Status, *, outcome: Outcome | None = None
) -> Appointment:
    """The visit in another status; in the same one again nothing changes. `Unprocessable` for an illegal move.

    outcome: how the visit ended where its call knows better than its status (`INCOMPLETE`, `LEFT`).
    """
    visit = await lock(work, organization, key)
    if visit.status is to:
        return visit
    if not rules.may_move(visit.status, to, outcome):
        raise Unprocessable(rules.refusal(visit.status))
    await store.set_fields(work, key, {"status": to})
    audit.note(work, "write", "appointment", visit.person, organization)
    if to in rules.OUTCOMES:
        events.record(work, AppointmentEnded(organization, visit.person, key, outcome or rules.OUTCOMES[to]))
    return _with(visit, {"status": to}, work)


async def set_episode(work: Work, organization: OrganizationKey, key: UUID, episode: UUID | None) -> UUID | None:
    """Put a visit into an episode of its patient, or into none; returns the episode that it was in.

    That the episode is one of the patient's is for the caller to check.
    """
    visit = await lock(work, organization, key)
    if visit.episode != episode:
        await store.set_fields(work, key, {"episode": episode})
        audit.note(work, "write", "appointment", visit.person, organization)
    return visit.episode


async def assign(work: Work, organization: OrganizationKey, key: UUID, provider: PersonKey) -> None:
    """Assign somebody of the practice to a visit; twice is once."""
    visit = await lock(work, organization, key)
    if await store.assign(work, key, provider):
        audit.note(work, "write", "appointment", visit.person, organization)


def _differing(visit: Appointment, change: Change) -> dict[str, Any]:
    """Column name to new value, of what is otherwise than before."""
    given = {
        "starts_at": change.starts_at,
        "duration_s": change.duration_s,
        "reasons": None if change.reasons is None else list(change.reasons),
        "external_id": change.external_id,
        "account_number": change.account_number,
        "room": change.room,
    }
    before = {name: getattr(visit, name) for name in given} | {"reasons": list(visit.reasons)}
    wanted = {name: None if value == "" else value for name, value in given.items() if value is not None}
    return {name: value for name, value in wanted.items() if value != before[name]}


def _with(visit: Appointment, fields: Mapping[str, Any], work: Work) -> Appointment:
    values = dict(fields)
    if "reasons" in values:
        values["reasons"] = tuple(values["reasons"])
    return replace(visit, **values, updated_at=work.now)
