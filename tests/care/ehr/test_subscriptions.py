"""Subscriptions: orders switch them on and off, another MRN or the end of the enrolment ends them."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from openward.care import ehr, organizations, patients, reactions, transfers
from openward.care.ehr import Provider
from openward.care.organizations import Organization, Profile
from openward.care.patients import Details, Enrolment, Joining, Permission
from openward.care.work import Work, new_key

pytestmark = pytest.mark.anyio

SETTINGS = ehr.read_settings(
    {
        "enabled": True,
        "sourceId": "source",
        "provider": "redox",
        "mrnIdType": "MRN",
        "procedureCodes": {},
        "scheduledReports": {"onUploadEnabled": True, "cadence": "14d"},
        "tags": {},
        "flowsheets": {"icode": True},
    }
)


async def a_clinic(work: Work) -> Organization:
    return await organizations.create(work, Profile(name="Willow", preferred_units="mg/dL"), admin=None)


async def a_patient(work: Work, clinic: Organization, mrn: str = "A1") -> Enrolment:
    return await patients.create_custodial(work, clinic.key, Details("Pat Smith", date(1990, 2, 3), mrn=mrn))


async def a_message(work: Work, provider: Provider = Provider.REDOX) -> UUID:
    key = new_key(work)
    await work.tx.execute(
        "insert into ehr.message (key, name, provider, data_model, event_type, content, status, received_at)"
        " values ($1, $2, $3, 'Order', 'New', ''::bytea, 'done', $4)",
        key,
        key.hex[:24] + key.hex[-8:],
        provider,
        work.now,
    )
    return key


async def test_an_order_switches_on_and_a_later_one_off(work: Work) -> None:
    clinic = await a_clinic(work)
    person = (await a_patient(work, clinic)).person
    assert await ehr.subscription(work, clinic.key, person, Provider.REDOX) is None
    first, second = await a_message(work), await a_message(work)
    assert await ehr.subscribe(work, clinic.key, person, Provider.REDOX, first, is_active=True)
    work.now += timedelta(minutes=1)
    assert await ehr.subscribe(work, clinic.key, person, Provider.REDOX, second, is_active=False)
    found = await ehr.subscription(work, clinic.key, person, Provider.REDOX)
    assert found is not None
    assert not found.is_active
    assert [one.key for one in found.matched] == [first, second]
    assert found.updated_at - found.created_at == timedelta(minutes=1)
    assert await ehr.subscription(work, clinic.key, person, Provider.XEALTH) is None


async def test_the_same_order_changes_nothing_the_second_time(work: Work) -> None:
    clinic = await a_clinic(work)
    person = (await a_patient(work, clinic)).person
    order = await a_message(work)
    assert await ehr.subscribe(work, clinic.key, person, Provider.REDOX, order, is_active=True)
    assert not await ehr.subscribe(work, clinic.key, person, Provider.REDOX, order, is_active=False)
    found = await ehr.subscription(work, clinic.key, person, Provider.REDOX)
    assert found is not None
    assert found.is_active


async def test_another_mrn_ends_all_and_a_new_order_begins_again(work: Work) -> None:
    clinic = await a_clinic(work)
    person = (await a_patient(work, clinic)).person
    for provider in Provider:
        await ehr.subscribe(work, clinic.key, person, provider, await a_message(work, provider), is_active=True)
    await patients.update(work, clinic.key, person, Details("Pat Jones", date(1990, 2, 3), mrn="A1"))
    await reactions.react(work)
    found = await ehr.subscriptions(work, clinic.key, [person])
    assert [one.is_active for one in found[person]] == [True, True]
    await patients.update(work, clinic.key, person, Details("Pat Jones", date(1990, 2, 3), mrn="A2"))
    await reactions.react(work)
    found = await ehr.subscriptions(work, clinic.key, [person])
    assert [one.is_active for one in found[person]] == [False, False]
    await ehr.subscribe(work, clinic.key, person, Provider.REDOX, await a_message(work), is_active=True)
    again = await ehr.subscription(work, clinic.key, person, Provider.REDOX)
    assert again is not None
    assert again.is_active


async def test_the_end_of_the_enrolment_ends_it(work: Work) -> None:
    clinic = await a_clinic(work)
    person = (await a_patient(work, clinic)).person
    await ehr.subscribe(work, clinic.key, person, Provider.REDOX, await a_message(work), is_active=True)
    await patients.remove(work, clinic.key, person)
    await reactions.react(work)
    found = await ehr.subscription(work, clinic.key, person, Provider.REDOX)
    assert found is not None
    assert not found.is_active


async def test_a_merge_takes_those_who_move_along_and_leaves_the_target_as_it_is(work: Work) -> None:
    source, target = await a_clinic(work), await a_clinic(work)
    moving, known, both = [(await a_patient(work, source, mrn)).person for mrn in ("A1", "A2", "A3")]
    for person in (known, both):
        await patients.enrol(work, target.key, person, Joining(permissions=frozenset({Permission.VIEW})))
    for clinic, person, is_active in (
        (source, moving, True),
        (source, known, True),
        (source, both, True),
        (target, both, False),
    ):
        order = await a_message(work)
        await ehr.subscribe(work, clinic.key, person, Provider.REDOX, order, is_active=is_active)
    await ehr.put_settings(work, source.key, SETTINGS)
    assert await ehr.sync_organization(work, source.key) == 3
    before = await ehr.subscription(work, source.key, moving, Provider.REDOX)
    await transfers.merge(work, target.key, source.key)
    await reactions.react(work)
    found = await ehr.subscriptions(work, target.key, [moving, known, both])
    assert {person: [one.is_active for one in those] for person, those in found.items()} == {
        moving: [True],
        both: [False],
    }
    assert before is not None
    assert found[moving][0].matched == before.matched
    tasks = await work.tx.fetch("select person from ehr.sync_task where organization = $1", target.key)
    assert [row["person"] for row in tasks] == [moving]
    assert await ehr.subscriptions(work, source.key, [moving, known, both]) == {}
    assert await work.tx.fetchval("select count(*) from ehr.sync_task where organization = $1", source.key) == 0
