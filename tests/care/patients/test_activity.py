"""Active, inactive, removed, back again: one state, and what lists, counts and rules make of it."""

from datetime import date

import pytest

from openward.care import accounts, organizations, patients, reactions, roster
from openward.care.errors import Invalid, NotAllowed, NotFound, TierRequired
from openward.care.organizations import Limit, MRNRules, PatientLimits, Profile
from openward.care.patients import Details, Enrolment, Joining, Permission
from openward.care.roster import Query
from openward.care.work import Actor, ActorKind, OrganizationKey, Work

pytestmark = pytest.mark.anyio


async def a_clinic(work: Work, tier: str = "tier0300") -> OrganizationKey:
    return (await organizations.create(work, Profile(name="Willow"), admin=None, tier=tier)).key


async def a_patient(work: Work, clinic: OrganizationKey, mrn: str | None = None) -> Enrolment:
    return await patients.create_custodial(work, clinic, Details("Pat Smith", date(1990, 1, 1), mrn=mrn))


async def listed(work: Work, clinic: OrganizationKey) -> int:
    await reactions.react(work)
    work.recorded.clear()
    found = await roster.find(work, clinic, Query())
    assert found.count == found.total == (await patients.count(work, clinic)).total
    return found.total


async def test_an_inactive_patient_is_read_by_id_and_nowhere_else(work: Work) -> None:
    clinic = await a_clinic(work)
    made = await a_patient(work, clinic, "m1")
    tag = (await organizations.create_tag(work, clinic, "Pump")).key
    assert await listed(work, clinic) == 1
    assert await roster.assign_tag(work, clinic, tag) == 1
    off = await patients.set_active(work, clinic, made.person, False)
    assert (off.is_active, off.removed_at) == (False, None)
    assert await listed(work, clinic) == 0
    assert (await roster.label_counts(work, [clinic])) == {}
    assert await roster.withdraw_tag(work, clinic, tag) == 0
    assert (await patients.get(work, clinic, made.person)).tags == (tag,)
    assert await patients.find(work, [clinic], mrn="m1") == []
    assert await patients.set_active(work, clinic, made.person, False) == off  # once more changes nothing
    on = await patients.set_active(work, clinic, made.person, True)
    assert on.is_active
    assert await listed(work, clinic) == 1
    assert await patients.find(work, [clinic], mrn="m1") == [on]
    assert (await roster.label_counts(work, [clinic])) == {tag: 1}


async def test_a_removed_patient_comes_back_as_he_was(work: Work) -> None:
    clinic = await a_clinic(work)
    person = (await accounts.create(work, email="ana@example.org", full_name="Ana")).key
    joining = Joining(frozenset({Permission.VIEW}), mrn="7")
    await patients.enrol(work, clinic, person, joining)
    await patients.remove(work, clinic, person)
    with pytest.raises(NotFound):
        await patients.get(work, clinic, person)
    with pytest.raises(NotFound):
        await patients.set_active(work, clinic, person, False)
    back = await patients.set_active(work, clinic, person, True)
    assert (back.is_active, back.removed_at, back.mrn) == (True, None, "7")
    assert back.permissions == {Permission.VIEW}
    assert await listed(work, clinic) == 1


async def test_who_left_by_himself_is_not_brought_back(work: Work) -> None:
    clinic = await a_clinic(work)
    person = (await accounts.create(work, email="ana@example.org", full_name="Ana")).key
    await patients.enrol(work, clinic, person, Joining(frozenset({Permission.VIEW})))
    service, work.actor = work.actor, Actor(ActorKind.PERSON, person)
    await patients.drop_permission(work, clinic, person, Permission.VIEW)
    work.actor = service
    with pytest.raises(NotAllowed):
        await patients.set_active(work, clinic, person, True)
    again = await patients.enrol(work, clinic, person, Joining(frozenset({Permission.NOTE})))
    assert again.permissions == {Permission.NOTE}
    assert await listed(work, clinic) == 1


async def test_coming_back_asks_for_room_and_for_a_free_mrn(work: Work) -> None:
    clinic = await a_clinic(work, "tier0100")
    await organizations.set_mrn_rules(work, clinic, MRNRules(required=False, unique=True))
    await organizations.set_patient_limits(work, clinic, PatientLimits(Limit(1)))
    first = await a_patient(work, clinic, "m1")
    await patients.set_active(work, clinic, first.person, False)
    second = await a_patient(work, clinic, "m2")  # an inactive patient does not count
    with pytest.raises(TierRequired):
        await patients.set_active(work, clinic, first.person, True)
    with pytest.raises(Invalid):
        await a_patient(work, clinic, "m1")  # his number stays his
    await patients.set_active(work, clinic, second.person, False)
    assert (await patients.set_active(work, clinic, first.person, True)).is_active


async def test_enrolling_an_inactive_patient_puts_him_back(work: Work) -> None:
    clinic = await a_clinic(work)
    person = (await accounts.create(work, email="ana@example.org", full_name="Ana")).key
    await patients.enrol(work, clinic, person, Joining(frozenset({Permission.VIEW}), mrn="7"))
    await patients.set_active(work, clinic, person, False)
    back = await patients.enrol(work, clinic, person, Joining(frozenset({Permission.UPLOAD}), full_name="Ana R."))
    assert (back.full_name, back.mrn) == ("Ana R.", "7")
    assert back.permissions == {Permission.UPLOAD}
    assert await listed(work, clinic) == 1


async def test_a_stranger_cannot_be_made_active(work: Work) -> None:
    clinic = await a_clinic(work)
    person = (await accounts.create(work, email="ana@example.org")).key
    with pytest.raises(NotFound):
        await patients.set_active(work, clinic, person, True)


async def test_a_clinic_cannot_change_the_login_of_an_account_with_a_password(work: Work) -> None:
    clinic = await a_clinic(work)
    person = (await accounts.create(work, email="ana@example.org", password="correct-battery", full_name="Ana")).key
    await patients.enrol(work, clinic, person, Joining(patients.CUSTODIAL))
    changed = Details("Somebody Else", date(1990, 1, 1), email="thief@example.org")
    after = await patients.update(work, clinic, person, changed)
    assert after.email == "thief@example.org"  # the contact address of the record
    assert (await accounts.get(work, person)).email == "ana@example.org"
    assert (await accounts.document(work, person, "profile"))["fullName"] == "Ana"
