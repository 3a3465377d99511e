"""Reminders: to those who come and can be written to, once, and never about the dead or the archived."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from openward.care import accounts, calendar, notices, organizations, patients
from openward.care.calendar import CalendarEvent, Completion, Details, EventType, Moment, Participant, Response
from openward.care.organizations import Profile, Role
from openward.care.patients import Details as PatientDetails
from openward.care.reactions import JOBS, SCHEDULES
from openward.care.work import MemberKey, OrganizationKey, PersonKey, Work
from openward.infra.db import Pool

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Diary:
    """An organization with a coach and the patients Jack, who has an address, and Olga, who has none."""

    work: Work
    organization: OrganizationKey
    coach: MemberKey
    jack: PersonKey
    olga: PersonKey

    def details(self, start: datetime, **said: Any) -> Details:
        """An hour on the telephone."""
        times: dict[str, Any] = {"starts": Moment(start, ""), "ends": Moment(start + timedelta(hours=1), "")}
        plain = {"type": EventType.TELEPHONE_CALL, "title": "Call", "timezone": "America/New_York", "is_all_day": False}
        return Details(**(times | plain | said))

    async def made(self, start: datetime, **said: Any) -> CalendarEvent:
        """A call of Jack, to which all three come."""
        coming = [Participant(self.coach, True), Participant(self.jack, False), Participant(self.olga, False)]
        return await calendar.create(self.work, self.organization, self.jack, self.details(start, **said), coming)

    async def told(self) -> list[str]:
        """Run the job, and say to whom mails have gone so far, in the order of their names."""
        await calendar.remind_job(self.work, {})
        people = await notices.receivers(self.work, self.organization)
        mails, _ = await notices.mails(self.work, self.organization, people, templates=["calendar_reminder"], limit=100)
        return sorted(mail.recipient.partition("@")[0] for mail in mails)


@pytest.fixture
async def diary(work: Work) -> Diary:
    """Nothing is planned yet."""
    organization = (await organizations.create(work, Profile(name="Willow"), admin=None)).key
    account = await accounts.create(work, email="coach@example.org", password="A1b2c3d4e5", roles=["clinic"])
    coach = await organizations.add_member(
        work, organization, person=account.key, email="coach@example.org", roles=[Role.MEMBER]
    )
    jack = await patients.create_custodial(
        work, organization, PatientDetails(full_name="Jack Frost", birth_date=None, email="jack@example.org")
    )
    olga = await patients.create_custodial(work, organization, PatientDetails(full_name="Olga Frost", birth_date=None))
    return Diary(work, organization, coach.key, jack.person, olga.person)


def later(diary: Diary, **span: float) -> Diary:
    """The same some time on."""
    return replace(diary, work=replace(diary.work, now=diary.work.now + timedelta(**span)))


async def test_everybody_with_an_address_is_told_once(diary: Diary) -> None:
    event = await diary.made(diary.work.now + timedelta(hours=30))
    assert await diary.told() == []
    assert await later(diary, hours=5, minutes=59).told() == []
    assert await later(diary, hours=6).told() == ["coach", "jack"]
    assert await later(diary, hours=7).told() == ["coach", "jack"]
    soon = later(diary, hours=8)
    there = await calendar.lock(soon.work, event.key)
    await calendar.change(soon.work, there, replace(there.details, title="A call"))
    assert await later(diary, hours=9).told() == ["coach", "jack"]


async def test_who_is_asked_later_or_comes_at_another_time_is_told(diary: Diary) -> None:
    start = diary.work.now + timedelta(hours=3)
    event = await diary.made(start)
    just_coach = [one.participant for one in event.attendees[:1]]
    event = await calendar.change(diary.work, event, event.details, just_coach)
    assert await diary.told() == ["coach"]
    coming = [*just_coach, Participant(diary.jack, False)]
    event = await calendar.change(diary.work, await calendar.lock(diary.work, event.key), event.details, coming)
    assert await diary.told() == ["coach", "jack"]
    moved = diary.details(start + timedelta(days=1))
    await calendar.change(diary.work, await calendar.lock(diary.work, event.key), moved)
    assert await diary.told() == ["coach", "jack"]
    assert await later(diary, hours=4).told() == ["coach", "coach", "jack", "jack"]


async def test_nobody_is_told_of_what_is_done_declined_or_over(diary: Diary) -> None:
    event = await diary.made(diary.work.now + timedelta(hours=3))
    await calendar.respond(diary.work, event, event.attendees[1].key, Response.DECLINED)
    done = await diary.made(diary.work.now + timedelta(hours=3))
    completion = Completion(Moment(diary.work.now, ""), diary.coach)
    await calendar.change(diary.work, done, replace(done.details, completion=completion))
    await diary.made(diary.work.now - timedelta(hours=1))
    gone = await diary.made(diary.work.now + timedelta(hours=3))
    await calendar.delete(diary.work, gone)
    assert await diary.told() == ["coach"]
    again = await calendar.lock(diary.work, event.key)
    await calendar.respond(diary.work, again, event.attendees[1].key, Response.ACCEPTED)
    assert await diary.told() == ["coach", "jack"]
    reopened = await calendar.lock(diary.work, done.key)
    await calendar.change(diary.work, reopened, replace(reopened.details, completion=None))
    assert await diary.told() == ["coach", "coach", "jack", "jack"]


@pytest.mark.parametrize("end", ["dead", "archived"])
async def test_nobody_is_told_about_the_dead_or_the_archived(diary: Diary, end: str) -> None:
    await diary.made(diary.work.now + timedelta(hours=3))
    if end == "archived":
        await patients.set_active(diary.work, diary.organization, diary.jack, False)
    else:
        await patients.describe(
            diary.work, diary.organization, diary.jack, lambda said: replace(said, is_deceased=True)
        )
    assert await diary.told() == []


async def test_a_day_alone_is_told_without_an_hour(diary: Diary) -> None:
    midnight = datetime.fromisoformat("2026-03-11T00:00:00+00:00")
    said = {"type": EventType.PLAN_CHECK_IN, "is_all_day": True, "ends": None, "location": "Room 2"}
    await diary.made(midnight, **said)
    assert await later(diary, minutes=59).told() == []
    assert await later(diary, hours=2).told() == ["coach", "jack"]
    rows = await diary.work.tx.fetch("select key, content from notices.message where template = 'calendar_reminder'")
    opened = [diary.work.tools.keyring.unseal(row["content"], "notices.message.content", row["key"]) for row in rows]
    assert all(b'Wednesday, 11 March 2026"' in text and b"Room 2" in text for text in opened)


async def test_two_workers_tell_nobody_twice(diary: Diary, pool: Pool) -> None:
    event = await diary.made(diary.work.now + timedelta(hours=3))
    assert await diary.told() == ["coach", "jack"]
    await diary.work.tx.execute("update calendar.event set remind_at = $2 where key = $1", event.key, diary.work.now)
    assert await diary.told() == ["coach", "jack"]
    assert calendar.REMIND in JOBS
    assert calendar.REMIND in SCHEDULES
    async with pool.acquire() as connection:
        await calendar.remind_job(replace(diary.work, tx=connection), {})


async def test_the_job_takes_as_many_statements_for_many_as_for_one(diary: Diary) -> None:
    counted: list[int] = []
    for count in (1, 20):
        for _ in range(count):
            await diary.made(diary.work.now + timedelta(hours=3), title="Call")
        ran: list[str] = []

        def note(query: Any, ran: list[str] = ran) -> None:
            if "notices.message" not in query.query and "identity.identifier" not in query.query:
                ran.append(query.query)

        with diary.work.tx.query_logger(note):
            await calendar.remind_job(diary.work, {})
        counted.append(len(ran))
    assert counted[0] == counted[1]
