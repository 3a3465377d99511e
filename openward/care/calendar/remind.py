"""Reminding those who come to an event, by mail, once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from openward.care import accounts, notices, organizations, patients
from openward.care.calendar import remind_store, rules
from openward.care.calendar.model import Attendee, CalendarEvent, EventType, Response
from openward.care.organizations import Coach, Organization
from openward.care.patients import Enrolment
from openward.care.work import MemberKey, PersonKey, Work
from openward.infra.jobs import Deferred

REMIND = "calendar.remind"
TEMPLATE = "calendar_reminder"
_BATCH = 200
_WORDS = {
    EventType.PLAN_CHECK_IN: "a check-in on the plan",
    EventType.REMINDER: "a reminder",
    EventType.TELEPHONE_CALL: "a telephone call",
    EventType.OFFICE_VISIT: "an office visit",
    EventType.VIDEO_CALL: "a video call",
}


async def remind_job(work: Work, _data: Mapping[str, Any]) -> None:
    """The job, each minute: mail those who come to what is due, a batch at a time.

    The events are held and marked in the transaction that defers the mails, which keeps it at one mail each however
    often and by however many workers the job is run. Nobody is told about a patient who has died or was archived,
    and no such patient is told.
    """
    due = await remind_store.take_due(work, _BATCH)
    if not due:
        return
    open_ones = [one for one in due if one.details.completion is None and work.now < rules.remind_until(one.details)]
    told: list[UUID] = []
    for place in (await organizations.get_many(work, list({event.organization for event in open_ones}))).values():
        told += await _remind(work, place, [event for event in open_ones if event.organization == place.key])
    await remind_store.finish(work, [event.key for event in due], told)
    if len(due) == _BATCH:
        work.tasks.append(Deferred(REMIND, key=REMIND))


async def _remind(work: Work, place: Organization, events: Sequence[CalendarEvent]) -> list[UUID]:
    """Mail about events of one organization; the attendees who were told."""
    comers = [one.participant for event in events for one in event.attendees]
    people = {PersonKey(one.key) for one in comers if not one.is_coach} | {event.owner for event in events}
    known = await patients.get_many(work, place.key, list(people))
    coaches = await organizations.get_coaches(work, [MemberKey(one.key) for one in comers if one.is_coach])
    without = [person for person, enrolment in known.items() if not enrolment.email]
    logins = {key: account.email for key, account in (await accounts.get_many(work, without)).items()}
    told = []
    for event in events:
        if not _is_followed(known.get(event.owner)):
            continue
        for attendee in event.attendees:
            if attendee.is_reminded or attendee.status is Response.DECLINED:
                continue
            found = _mailbox(attendee, known, coaches, logins)
            if found is None:
                continue
            person, address, name = found
            await notices.send(
                work,
                TEMPLATE,
                address,
                person=person,
                organization=place.key,
                name=name,
                clinic=place.profile.name,
                what=_WORDS[event.details.type],
                title=event.details.title,
                when=_when(event),
                place=event.details.location or "",
            )
            told.append(attendee.key)
    return told


def _is_followed(enrolment: Enrolment | None) -> bool:
    return enrolment is not None and enrolment.is_active and not enrolment.is_deceased


def _mailbox(
    attendee: Attendee,
    known: Mapping[PersonKey, Enrolment],
    coaches: Mapping[MemberKey, Coach],
    logins: Mapping[PersonKey, str | None],
) -> tuple[PersonKey, str, str] | None:
    """Person, address and name of whom to write to, if that can be done."""
    if attendee.participant.is_coach:
        coach = coaches.get(MemberKey(attendee.participant.key))
        if coach is None or not coach.email:
            return None
        return coach.person, coach.email, f"{coach.first_name} {coach.last_name}".strip()
    person = PersonKey(attendee.participant.key)
    enrolment = known.get(person)
    if enrolment is None or not _is_followed(enrolment):
        return None
    address = enrolment.email or logins.get(person)
    return (person, address, enrolment.full_name) if address else None


def _when(event: CalendarEvent) -> str:
    """`Tuesday, 20 February 2018, 14:00 (America/New_York)`; an all-day event has a day alone."""
    said = event.details
    day = rules.day_of(said, said.starts.at)
    text = f"{day:%A}, {day.day} {day:%B} {day.year}"
    if said.is_all_day:
        return text
    start: datetime = said.starts.at.astimezone(ZoneInfo(said.timezone))
    return f"{text}, {start:%H:%M} ({said.timezone})"
