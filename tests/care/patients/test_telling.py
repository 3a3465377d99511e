"""Who came, changed or went is told on every path, once, and only when it is so; everybody has a name everywhere."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from openward.care import accounts, identity, organizations, patients, reactions
from openward.care.identity import Identifier, Kind, System
from openward.care.organizations import Profile
from openward.care.patients import (
    Demographics,
    Details,
    HumanName,
    Joining,
    ManyCreated,
    ManyDeactivated,
    PatientCreated,
    PatientDeactivated,
    PatientUpdated,
    Permission,
    Takeover,
)
from openward.care.work import OrganizationKey, Work, new_key
from openward.infra import migrations
from openward.infra.db import from_json

pytestmark = pytest.mark.anyio
TOLD = (PatientCreated, PatientUpdated, PatientDeactivated, ManyCreated, ManyDeactivated)
PAT = Details("Pat Smith", date(1990, 1, 1), mrn="m1")


async def a_clinic(work: Work, name: str = "Willow") -> OrganizationKey:
    return (await organizations.create(work, Profile(name=name), admin=None, tier="tier0300")).key


async def told(work: Work) -> list[str]:
    """What was told since the last look, after everything that follows."""
    await reactions.react(work)
    found = [type(event).__name__.removeprefix("Patient") for event in work.recorded if isinstance(event, TOLD)]
    work.recorded.clear()
    return found


async def test_a_patient_whom_the_clinic_made(work: Work) -> None:
    clinic = await a_clinic(work)
    await told(work)
    made = await patients.create_custodial(work, clinic, replace(PAT, email="pat@example.org"))
    assert await told(work) == ["Created"]
    await patients.update(work, clinic, made.person, replace(PAT, email="pat@example.org"))
    assert await told(work) == []
    tag = (await organizations.create_tag(work, clinic, "Pump")).key
    await patients.update(work, clinic, made.person, replace(PAT, email="pat@example.org", tags=(tag,)))
    await patients.add_tag(work, clinic, tag, None)
    await patients.remind_to_upload(work, clinic, made.person)
    await patients.request_connection(work, clinic, made.person, "dexcom")
    assert await told(work) == []
    await patients.update(work, clinic, made.person, replace(PAT, email="other@example.org", mrn="m2"))
    assert await told(work) == ["Updated"]
    await patients.set_active(work, clinic, made.person, False)
    assert await told(work) == ["Deactivated"]
    await patients.set_active(work, clinic, made.person, True)
    assert await told(work) == ["Updated"]
    await patients.remove(work, clinic, made.person)
    assert await told(work) == ["Deactivated"]


async def test_a_patient_with_an_account(work: Work) -> None:
    clinic = await a_clinic(work)
    account = await accounts.create(work, email="ana@example.org", full_name="Ana")
    await told(work)
    await patients.enrol(work, clinic, account.key, Joining(frozenset({Permission.VIEW})))
    assert await told(work) == ["Created"]
    assert await identity.name(work, account.key, System.PRACTICE_PATIENT, clinic) == account.user_id
    await patients.set_permissions(work, clinic, account.key, {Permission.NOTE})
    assert await told(work) == []
    await patients.follow_email(work, account.key, "new@example.org")
    await patients.follow_email(work, account.key, "new@example.org")
    assert await told(work) == ["Updated"]
    await patients.remove(work, clinic, account.key)
    await patients.enrol(work, clinic, account.key, Joining(frozenset({Permission.VIEW})))
    assert await told(work) == ["Deactivated", "Updated"]


async def test_who_comes_back_is_not_new(work: Work) -> None:
    clinic = await a_clinic(work)
    account = await accounts.create(work, email="ana@example.org", full_name="Ana")
    await patients.enrol(work, clinic, account.key, Joining(frozenset({Permission.VIEW})))
    await patients.remove(work, clinic, account.key)
    await told(work)
    await patients.enrol(work, clinic, account.key, Joining(frozenset({Permission.VIEW})))
    assert await told(work) == ["Updated"]


async def test_many_at_one_stroke(work: Work) -> None:
    clinic, other = await a_clinic(work), await a_clinic(work, "Oak")
    account = await accounts.create(work, email="ana@example.org", full_name="Ana")
    await patients.enrol(work, clinic, account.key, Joining(frozenset({Permission.VIEW})))
    kept = await patients.create_custodial(work, clinic, PAT)
    await told(work)
    await patients.remove_claimed(work, clinic)
    assert [event for event in work.recorded if isinstance(event, TOLD)] == [ManyDeactivated(clinic, (account.key,))]
    await told(work)
    known = Demographics(names=(HumanName("usual", None, "Pat", None, "Smith"),), race="x", mrn="m1")
    await patients.describe(work, clinic, kept.person, lambda _: known)
    await told(work)
    await patients.take_over(work, Takeover(clinic, other, [kept.person], [], {}, False))
    assert [event for event in work.recorded if isinstance(event, TOLD)] == [ManyCreated(other, (kept.person,))]
    assert await patients.described(work, other, kept.person) == known


async def test_a_name_that_was_given_to_somebody_else(work: Work) -> None:
    clinic = await a_clinic(work)
    account = await accounts.create(work, email="ana@example.org", full_name="Ana")
    taken = Identifier(System.PRACTICE_PATIENT, account.user_id, clinic)
    await identity.add(work, taken, new_key(work), Kind.PERSON)
    await patients.enrol(work, clinic, account.key, Joining(frozenset({Permission.VIEW})))
    assert await identity.name(work, account.key, System.PRACTICE_PATIENT, clinic) != account.user_id


async def test_patients_of_earlier_days_get_their_names(work: Work) -> None:
    clinic = await a_clinic(work)
    made = await patients.create_custodial(work, clinic, PAT)
    number = await identity.name(work, made.person, System.SPID)
    other = await patients.create_custodial(work, clinic, replace(PAT, mrn=None))
    await work.tx.execute("insert into identity.identifier select * from identity.name on conflict do nothing")
    await work.tx.execute("delete from identity.person")
    await work.tx.execute(
        "delete from identity.identifier where entity = $1 and system = 'solo-practice-patient'", made.person
    )
    await work.tx.execute("delete from identity.identifier where entity = $1 and system like 'solo-%'", other.person)
    text = (Path(migrations.__path__[0]) / "0025_patients_demographics.sql").read_text("utf-8")
    for _ in range(2):
        await work.tx.execute(text[text.index("insert into identity.identifier") :])
    user_id = await identity.name(work, made.person, System.USER)
    assert await identity.name(work, made.person, System.PRACTICE_PATIENT, clinic) == user_id
    assert await identity.name(work, made.person, System.SPID) == number
    assert int(await identity.name(work, other.person, System.SPID)) > int(number)


async def test_the_archive_holds_all_that_was_noted(work: Work) -> None:
    clinic = await a_clinic(work)
    made = await patients.register(work, clinic, Demographics(race="x"), "p1")
    await patients.remove(work, clinic, made.person)
    kept: Any = from_json(await work.tx.fetchval("select content from patients.archive where person = $1", made.person))
    assert (kept["full_name"], kept["demographics"]["race"]) == ("p1", "x")
    gone = await patients.described(work, clinic, made.person)
    assert (gone.race, gone.is_active) == ("x", False)
