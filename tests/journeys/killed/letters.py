"""Jobs that tell people something, and those of moves between organizations."""

from datetime import timedelta

from openward.care import accounts, calendar, notices, organizations, patients, transfers
from openward.care.calendar import Details, EventType, Moment, Participant
from openward.care.organizations import Profile
from openward.care.work import PersonKey, Work
from tests.journeys.killed.house import House, Situation, a_patient, a_place, situation

_COUNT = "select count(*)::text from notices.message where "


@situation("notices.deliver")
async def a_mail_waits(house: House) -> Situation:
    async with house.work() as work:
        said = {"name": "Ada", "source": "Elm", "target": "Oak", "patients": 2}
        await notices.send(work, "merged_admin", "deliver@example.org", **said)
    mine = "recipient = 'deliver@example.org'"
    shows = f"select status || ' ' || (content is null) from notices.message where {mine}"
    return Situation("update on notices.message", f"new.status = 'sent' and new.{mine}", shows)


@situation(accounts.REMIND)
async def an_account_was_not_claimed_for_a_week(house: House) -> Situation:
    async with house.work(days=8) as work:
        await a_patient(work, await a_place(work, "Claims"), "Claire")
    await house.tick(accounts.REMIND)
    mine = "template = 'custodial_claim_reminder'"
    return Situation("insert on notices.message", f"new.{mine}", _COUNT + mine)


@situation("connections.remind")
async def a_cloud_was_not_connected_for_a_week(house: House) -> Situation:
    async with house.work(days=7) as work:
        place = await a_place(work, "Clouds")
        await patients.request_connection(work, place, await a_patient(work, place, "Connie"), "dexcom")
    mine = "template like 'reminder_dexcom%'"
    return Situation("insert on notices.message", f"new.{mine}", _COUNT + mine)


@situation(calendar.REMIND)
async def an_event_comes_near(house: House) -> Situation:
    async with house.work() as work:
        place = await a_place(work, "Calendar")
        people = [await a_patient(work, place, name) for name in ("Jack", "Olga")]
        start, end = (Moment(work.now + timedelta(hours=hours), "") for hours in (3, 4))
        call = Details(EventType.TELEPHONE_CALL, "Call", starts=start, ends=end, timezone="UTC", is_all_day=False)
        await calendar.create(work, place, people[0], call, [Participant(one, False) for one in people])
    await house.tick(calendar.REMIND)
    mine = "template = 'calendar_reminder'"
    shows = f"{_COUNT}{mine} union all select count(*)::text from calendar.attendee where is_reminded"
    return Situation("insert on notices.message", f"new.{mine} and new.recipient like 'olga%'", shows)


@situation(transfers.TELL)
async def two_places_were_merged(house: House) -> Situation:
    async with house.work() as work:
        target, source = await a_place(work, "Target"), await a_place(work, "Source")
        for name in ("Mia", "Milo"):
            await a_patient(work, source, name)
    async with house.work() as work:
        await transfers.merge(work, target, source)
    mine = "template = 'merged_patient'"
    stop = f"new.{mine} and new.recipient like 'milo%'"
    return Situation(
        "insert on notices.message", stop, f"{_COUNT}{mine} union all select told::text from transfers.merge"
    )


_COMPLETE = Profile(
    name="Willow",
    address="1 Main Street",
    city="Salem",
    postal_code="12345",
    state="OR",
    country="US",
    clinic_type="provider_practice",
    preferred_units="mg/dL",
)


async def _a_sharer(work: Work, account: PersonKey, name: str) -> PersonKey:
    made = await accounts.create(work, email=f"{name}@example.org", full_name=name)
    await accounts.set_grant(work, made.key, account, ("view",))
    return made.key


@situation(transfers.CARRY)
async def an_old_account_moves_into_a_clinic(house: House) -> Situation:
    async with house.work() as work:
        account = (await accounts.create(work, email="old@example.org", roles=["clinic"], full_name="Dr Old")).key
        sharers = sorted([await _a_sharer(work, account, f"sharer{number}") for number in range(2)])
        place = (await transfers.enable(work, account)).key
    async with house.work() as work:
        await organizations.update(work, place, _COMPLETE)
        await transfers.trigger(work, place, is_attested=True)
    shows = (
        f"select status from transfers.migration where person = '{account}'"
        f" union all select outcome from transfers.migrated where account = '{account}'"
        f" union all select person::text from patients.enrolment where organization = '{place}'"
        f" union all {_COUNT}template in ('patient_migrated', 'migration_completed')"
    )
    return Situation("insert on transfers.migrated", f"new.patient = '{sharers[1]}'", shows)
