"""An account that nobody keeps any more goes only where no system has written anything of the person."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from openward.care import (
    accounts,
    calendar,
    coaching,
    devicedata,
    episodes,
    observations,
    organizations,
    patients,
    reactions,
    rewards,
    surveys,
    visits,
)
from openward.care.calendar import EventType, Moment
from openward.care.coaching import ActionContent
from openward.care.devicedata import Measurement
from openward.care.episodes import Content, Status
from openward.care.observations import Measured
from openward.care.organizations import Profile
from openward.care.patients import Details, EnrolmentEnded
from openward.care.rewards import Terms
from openward.care.visits import Booking, RoomSettings
from openward.care.work import Actor, ActorKind, OrganizationKey, PersonKey, Work

pytestmark = pytest.mark.anyio
Write = Callable[[Work, OrganizationKey, PersonKey], Awaitable[object]]

# Tables with a person that the view leaves out: they are no record of his health, or they hang from one that is in it.
BESIDE = {
    "accounts.access": "signing in",
    "accounts.account": "the account",
    "accounts.confirmation": "the account",
    "accounts.device_token": "signing in",
    "accounts.document": "the account",
    "accounts.oauth_client": "signing in",
    "accounts.oauth_code": "signing in",
    "accounts.restricted_token": "signing in",
    "accounts.session": "signing in",
    "accounts.sharing": "the account",
    "connections.session": "a consent, which ends with the account",
    "connections.source": "a consent, which ends with the account",
    "connections.task": "a consent, which ends with the account",
    "consults.consult": "hangs from its visit",
    "documentation.attachment": "hangs from its visit",
    "documentation.note": "hangs from its visit",
    "ehr.delivery": "what was sent out of the record",
    "ehr.feed_message": "what a record system said",
    "ehr.feed_patient": "what a record system said",
    "ehr.matched_message": "an order",
    "ehr.message": "an order",
    "ehr.subscription": "an order",
    "ehr.sync_task": "what was sent out of the record",
    "ehr.xealth_view": "a look at the record",
    "notices.message": "mails",
    "organizations.member": "a clinician",
    "patients.activity": "the enrolment",
    "patients.archive": "the enrolment",
    "patients.coached_by": "the enrolment",
    "patients.demographics": "the enrolment",
    "patients.enrolment": "the enrolment",
    "patients.group_place": "the enrolment",
    "patients.identifier": "the enrolment",
    "patients.invitation": "the enrolment",
    "roster.entry": "drawn from the record",
    "roster.figures": "drawn from the record",
    "roster.label": "the enrolment",
    "roster.summary": "drawn from the record",
    "summaries.day": "drawn from the record",
    "summaries.mark": "drawn from the record",
    "summaries.summary": "drawn from the record",
    "surveys.profile": "written when somebody looks; answers are in the view",
    "transfers.migration": "a clinician",
    "usage.event": "use of the pages",
    "visits.provider": "a clinician",
    "visits.staff": "a clinician",
}


async def test_every_table_with_a_person_has_its_place(work: Work) -> None:
    tables = await work.tx.fetch(
        "select distinct n.nspname || '.' || c.relname name from pg_attribute a join pg_class c on c.oid = a.attrelid"
        " join pg_namespace n on n.oid = c.relnamespace where a.attname in ('person', 'owner', 'participant')"
        " and not a.attisdropped and c.relkind in ('r', 'p') and not c.relispartition"
        " and n.nspname not in ('pg_catalog', 'public')"
    )
    seen = await work.tx.fetch(
        "select distinct table_schema || '.' || table_name as name from information_schema.view_column_usage"
        " where view_schema = 'transfers' and view_name = 'on_record'"
    )
    assert {row["name"] for row in tables} - {row["name"] for row in seen} == set(BESIDE)


async def _metric(work: Work, clinic: OrganizationKey, person: PersonKey) -> None:
    weight = Measured("weight", work.now, value=180, unit="lb", canonical=180)
    await observations.record(work, clinic, [(person, weight)])


async def _reading(work: Work, clinic: OrganizationKey, person: PersonKey) -> None:
    await devicedata.keep_measured(work, clinic, "org.openward.coaching", [Measurement(person, work.now, 90, "mg/dl")])


async def _event(work: Work, clinic: OrganizationKey, person: PersonKey) -> None:
    midnight = Moment(work.now.replace(hour=0, minute=0) + timedelta(days=3), "x")
    check_in = calendar.Details(EventType.PLAN_CHECK_IN, "Check", midnight, None, "UTC", is_all_day=True)
    await calendar.create(work, clinic, person, check_in, [calendar.Participant(person, False)])


async def _visit(work: Work, clinic: OrganizationKey, person: PersonKey) -> None:
    room = await visits.put_room(work, clinic, RoomSettings(name="GreatRoom"))
    await visits.book(work, clinic, person, Booking(room=room))


async def _episode(work: Work, clinic: OrganizationKey, person: PersonKey) -> None:
    await episodes.set_types(work, clinic, ["covid"])
    await episodes.create(work, clinic, person, Content("care", "covid", Status.ACTIVE, date(2023, 3, 29)))


async def _reward(work: Work, clinic: OrganizationKey, person: PersonKey) -> None:
    group = await organizations.create_group(work, clinic, "Walkers", None)
    await patients.put_groups(work, clinic, {person: [group.key]})
    terms = Terms("Walk", work.now - timedelta(days=9), work.now + timedelta(days=9), Decimal(1))
    program = await rewards.create_program(work, clinic, group.key, terms)
    await rewards.activate(work, program, person, work.now)


async def _answer(work: Work, clinic: OrganizationKey, person: PersonKey) -> None:
    himself = replace(work, actor=Actor(ActorKind.PERSON, person, credential="test"))
    await surveys.answer(himself, clinic, person, {1: "0"})


async def _action(work: Work, clinic: OrganizationKey, person: PersonKey) -> None:
    plan = await coaching.of_patient(work, clinic, person)
    await coaching.create_action(work, plan.key, ActionContent("weight", "Weigh", work.now))


WRITES: dict[str, Write] = {
    "action": _action,
    "answer": _answer,
    "episode": _episode,
    "event": _event,
    "metric": _metric,
    "reading": _reading,
    "reward": _reward,
    "visit": _visit,
}


@pytest.mark.parametrize("write", list(WRITES.values()), ids=list(WRITES))
async def test_what_is_on_record_keeps_the_account(work: Work, write: Write) -> None:
    clinic = (await organizations.create(work, Profile(name="Clinic"), admin=None)).key
    email = "ada@patient.example"
    kept, gone = [
        (await patients.create_custodial(work, clinic, Details(name, None, email=address))).person
        for name, address in (("Ada", email), ("Ben", None))
    ]
    await write(work, clinic, kept)
    work.recorded.clear()
    for person in (kept, gone):
        await patients.remove(work, clinic, person)
    await reactions.react(work)
    assert {event.person for event in work.recorded if isinstance(event, EnrolmentEnded)} == {kept, gone}
    [account] = (await accounts.get_many(work, [kept, gone])).values()
    assert (account.key, account.email, account.is_custodial) == (kept, None, True)
    assert await accounts.by_email(work, email) is None
