"""Jobs of visits and of what is reported on them."""

from datetime import timedelta
from uuid import uuid4

from openward.care import reports, subscriptions, visits
from openward.care.subscriptions import Topic
from openward.care.visits import Appointment, Role
from openward.care.work import OrganizationKey, Work
from tests.journeys.killed.house import House, Situation, a_place, a_visit, situation


@situation(reports.BUILD)
async def a_report_is_ordered(house: House) -> Situation:
    async with house.work() as work:
        place = await a_place(work, "Reports")
        await a_visit(work, place, "Rita")
        preset = await reports.put_preset(work, place, "Default")
        span = (work.now - timedelta(days=1), work.now + timedelta(days=1))
        order = await reports.order_report(work, place, *span, preset.key, "secret")
    mine = f"key = '{order.key}'"
    shows = f"select status || ' ' || (content is null) from reports.encounter_report where {mine}"
    return Situation("update on reports.encounter_report", f"new.status = 'completed' and new.{mine}", shows)


async def _told_place(house: House, work: Work, name: str, topic: Topic) -> OrganizationKey:
    """An organization with an endpoint that is told of this."""
    place = await a_place(work, name)
    await subscriptions.subscribe(work, place, house.cloud_url, [topic])
    return place


def _shows(visit: Appointment) -> str:
    """How a visit has ended, and how often that was told and noted."""
    return (
        f"select status from visits.appointment where key = '{visit.key}'"
        f" union all select status from visits.call where appointment = '{visit.key}'"
        f" union all select topic || count(*) from subscriptions.delivery where subject = '{visit.key}' group by topic"
    )


@situation(visits.SWEEP)
async def nobody_came(house: House) -> Situation:
    async with house.work() as work:
        place = await _told_place(house, work, "No-shows", Topic.APPOINTMENT_NO_SHOW)
        visit = await a_visit(work, place, "Nora", starts_at=work.now - timedelta(days=3))
    await house.tick(visits.SWEEP)
    return Situation("insert on subscriptions.delivery", f"new.subject = '{visit.key}'", _shows(visit))


@situation(visits.LEFT)
async def a_patient_went_away(house: House) -> Situation:
    """Silent for ten minutes, which was noticed five minutes ago; patients may be away for two."""
    async with house.work(minutes=10) as work:
        place = await _told_place(house, work, "Left", Topic.APPOINTMENT_LEFT)
        visit = await a_visit(work, place, "Lea")
        await visits.open_call(work, place, visit.key, Role.PATIENT)
        await visits.sit(work, place, visit.key, Role.PATIENT, uuid4())
    async with house.work(minutes=5) as work:
        await visits.left_job(work, {"organization": str(place), "appointment": str(visit.key)})
    return Situation("insert on subscriptions.delivery", f"new.subject = '{visit.key}'", _shows(visit))


@situation(visits.SWEEP_CALLS)
async def a_page_fell_silent(house: House) -> Situation:
    async with house.work(minutes=5) as work:
        place = await a_place(work, "Silence")
        visit = await a_visit(work, place, "Sid", starts_at=work.now + timedelta(minutes=5))
        await visits.open_call(work, place, visit.key, Role.PATIENT)
        await visits.sit(work, place, visit.key, Role.PATIENT, uuid4())
    await house.tick(visits.SWEEP_CALLS)
    shows = (
        "select c.status || ' ' || c.version || ' ' || (s.away_since is not null)"
        f" from visits.call c join visits.seat s on s.call = c.key where c.appointment = '{visit.key}'"
    )
    return Situation("update on visits.call", f"new.appointment = '{visit.key}'", shows)
