"""The lines of the list of those who coach."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from openward.care import calendar, coaching, identity, observations, patients
from openward.care.calendar import CalendarEvent, EventType
from openward.care.coaching import Result, Standing
from openward.care.identity import System
from openward.care.observations import TYPES, Observation
from openward.care.organizations import Coach, Group
from openward.care.work import PersonKey, Work
from openward.wire.web import patient_observed, plan_words
from openward.wire.web.calendar_week import local_start
from openward.wire.web.desk import Desk
from openward.wire.web.words import ago

_FEW = 3
_SHORT = {
    EventType.TELEPHONE_CALL: "call",
    EventType.OFFICE_VISIT: "visit",
    EventType.VIDEO_CALL: "video call",
    EventType.PLAN_CHECK_IN: "check-in",
    EventType.REMINDER: "reminder",
}
_QUIET_AFTER = timedelta(days=14)


async def rows_of(
    work: Work, desk: Desk, standings: Sequence[Standing], groups: Collection[Group], coaches: Collection[Coach]
) -> list[dict[str, Any]]:
    """One line a patient; a constant number of queries."""
    people = [one.person for one in standings]
    known = await patients.get_many(work, desk.key, people)
    users = await identity.names(work, people, System.USER)
    placed = await patients.groups_of(work, desk.key, people)
    looked_after = await patients.coaches_of(work, desk.key, people)
    plans = await coaching.known_plans(work, desk.key, people)
    last = await coaching.latest_by_plan(work, [plan.key for plan in plans.values()])
    actions = await coaching.actions(work, [one.action for one in last.values()])
    done, coming = await calendar.around(work, desk.key, people)
    measured = _by_person(await observations.latest_of_many(work, people, desk.key, list(TYPES)))
    group_names = {one.key: one.name for one in groups}
    coach_names = {one.member: f"{one.first_name} {one.last_name}".strip() for one in coaches}
    zone = ZoneInfo(desk.clinic.profile.timezone or "UTC")
    rows = []
    for one in standings:
        person, plan = one.person, plans.get(one.person)
        if person not in known:
            continue
        result = None if plan is None else last.get(plan.key)
        rows.append(
            {
                "href": desk.place.href(f"/patients/{users[person]}/coaching"),
                "plan_href": desk.place.href(f"/patients/{users[person]}/plan"),
                "name": known[person].full_name or "(no name)",
                "groups": [group_names[key] for key in placed.get(person, ()) if key in group_names],
                "coaches": [coach_names[it.member] for it in looked_after.get(person, ()) if it.member in coach_names],
                "standing": one,
                "result": _result(work, result, actions[result.action].content.title) if result else None,
                "contact": _contact(work, done.get(person)),
                "next": _next(coming.get(person), zone),
                "measured": [_measured(it) for it in measured.get(person, [])[:_FEW]],
            }
        )
    return rows


def _by_person(found: Sequence[Observation]) -> dict[PersonKey, list[Observation]]:
    grouped: dict[PersonKey, list[Observation]] = {}
    for one in found:
        grouped.setdefault(one.person, []).append(one)
    return grouped


def _result(work: Work, result: Result, title: str) -> dict[str, Any]:
    at = result.outcome.occurred_at
    return {
        "title": title,
        "words": plan_words.result_words(result),
        "is_skipped": result.outcome.is_skipped,
        "ago": ago(at, work.now),
        "at": at,
    }


def _contact(work: Work, event: CalendarEvent | None) -> dict[str, Any] | None:
    if event is None or event.details.completion is None:
        return None
    at = event.details.completion.at.at
    return {
        "kind": _SHORT[event.details.type],
        "ago": ago(at, work.now),
        "at": at,
        "is_old": work.now - at > _QUIET_AFTER,
    }


def _next(event: CalendarEvent | None, zone: ZoneInfo) -> dict[str, Any] | None:
    if event is None:
        return None
    return {
        "kind": _SHORT[event.details.type],
        "at": local_start(event, zone),
        "is_all_day": event.details.is_all_day,
    }


def _measured(one: Observation) -> dict[str, Any]:
    row = patient_observed.row_of(one, one.measured.occurred_at.tzinfo)
    return {"name": row.name, "value": row.value, "unit": plan_words.unit_words(row.unit), "at": row.at}
