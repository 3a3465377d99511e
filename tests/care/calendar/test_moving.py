"""Calendars and the log of mails in a merge of organizations."""

from datetime import timedelta

import pytest

from openward.care import accounts, calendar, notices, organizations, patients, transfers
from openward.care.calendar import Completion, Details, EventType, Moment, Participant, Wanted
from openward.care.organizations import Profile, Role
from openward.care.patients import Details as PatientDetails
from openward.care.reactions import react
from openward.care.work import Work

pytestmark = pytest.mark.anyio


async def test_events_and_mails_go_on_in_the_target(work: Work) -> None:
    source, target = [(await organizations.create(work, Profile(name=name), admin=None)).key for name in ("S", "T")]
    members = {}
    for name, places in (("both", (source, target)), ("own", (source,)), ("boss", (target,))):
        email = f"{name}@example.org"
        person = (await accounts.create(work, email=email, password="A1b2c3d4e5", roles=["clinic"])).key
        for place in places:
            members[name, place] = (
                await organizations.add_member(work, place, person=person, email=email, roles=[Role.ADMIN])
            ).key
    jack = await patients.create_custodial(work, source, PatientDetails(full_name="Jack Frost", birth_date=None))
    start = Moment(work.now + timedelta(days=3), "x")
    done = Completion(start, members["both", source])
    midnight = Moment(start.at.replace(hour=0), "x")
    coming = [Participant(members["both", source], True), Participant(members["own", source], True)]
    details = Details(EventType.PLAN_CHECK_IN, "Check", midnight, None, "UTC", is_all_day=True, completion=done)
    made = await calendar.create(work, source, jack.person, details, coming)
    link = "http://openward.test/signin"
    await notices.send(
        work, "clinic_created", "jack@example.org", person=jack.person, organization=source, clinic="S", link=link
    )
    await transfers.merge(work, target, source)
    await react(work)
    (found,) = await calendar.page(work, Wanted(target), 10)
    assert found.key == made.key
    assert [one.participant.key for one in found.attendees] == [members["both", target], members["own", source]]
    assert found.details.completion is not None
    assert found.details.completion.by == members["both", target]
    assert await calendar.count(work, Wanted(source)) == 0
    mails, count = await notices.mails(work, target, [jack.person], limit=10)
    assert (count, [mail.recipient for mail in mails]) == (1, ["jack@example.org"])
