"""Moving an old clinician account and everybody who shares with it into a clinic."""

from datetime import timedelta
from uuid import UUID

import pytest

from openward.care import accounts, organizations, patients, transfers
from openward.care.errors import Conflict, NotFound, Unprocessable
from openward.care.organizations import Limit, MRNRules, PatientLimits, Profile, Role
from openward.care.patients import Joining, Permission
from openward.care.transfers import Outcome, Status
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.gateway.request import finish

pytestmark = pytest.mark.anyio

COMPLETE = Profile(
    name="Willow",
    address="1 Main Street",
    city="Salem",
    postal_code="12345",
    state="OR",
    country="US",
    clinic_type="provider_practice",
    preferred_units="mg/dL",
)


async def a_legacy(work: Work, name: str = "dr") -> PersonKey:
    return (await accounts.create(work, email=f"{name}@example.org", roles=["clinic"], full_name="Dr Old")).key


async def a_sharer(work: Work, account: PersonKey, number: int, permissions: tuple[str, ...] = ("view",)) -> PersonKey:
    made = await accounts.create(work, email=f"sharer{number}@example.org", full_name=f"Sharer {number}")
    await accounts.set_grant(work, made.key, account, permissions)
    return made.key


async def a_ready_clinic(work: Work, account: PersonKey) -> OrganizationKey:
    place = await transfers.enable(work, account)
    await _react(work)
    await organizations.update(work, place.key, COMPLETE)
    return place.key


async def run(work: Work, account: PersonKey) -> int:
    """Run the job until it defers no further one; how many runs there were."""
    runs = 0
    while waiting := [task for task in work.tasks if task.name == transfers.CARRY]:
        work.tasks[:] = [task for task in work.tasks if task.name != transfers.CARRY]
        work.now += timedelta(seconds=1)
        await transfers.carry(work, waiting[-1].data)
        await _react(work)
        runs += 1
    return runs


async def _react(work: Work) -> None:
    kept, work.tasks = work.tasks, []
    await finish(work)
    work.recorded, work.audited, work.tasks = [], [], kept


async def templates(work: Work, person: PersonKey) -> list[str]:
    rows = await work.tx.fetch("select template from notices.message where person = $1 order by 1", person)
    return [row["template"] for row in rows]


async def test_enabling_makes_one_empty_clinic(work: Work) -> None:
    account = await a_legacy(work)
    made = await transfers.enable(work, account)
    again = await transfers.enable(work, account)
    assert made.key == again.key
    assert not made.is_migrated
    assert made.profile == Profile()
    assert (await organizations.member(work, made.key, account)).is_admin
    assert not organizations.is_complete(made)


async def test_enabling_is_for_old_accounts(work: Work) -> None:
    person = (await accounts.create(work, email="x@example.org", roles=["patient"])).key
    with pytest.raises(Unprocessable):
        await transfers.enable(work, person)
    with pytest.raises(NotFound):
        await transfers.enable(work, PersonKey(UUID(int=5)))


async def test_the_trigger_wants_a_complete_profile_one_admin_and_an_old_account(work: Work) -> None:
    account = await a_legacy(work)
    place = await transfers.enable(work, account)
    with pytest.raises(Unprocessable, match="incomplete"):
        await transfers.trigger(work, place.key, is_attested=False)
    await organizations.update(work, place.key, COMPLETE)
    migration = await transfers.trigger(work, place.key, is_attested=True)
    assert (migration.status, migration.attested_at) == (Status.PENDING, work.now)
    assert (await organizations.get(work, place.key)).is_migrated
    with pytest.raises(Unprocessable, match="already"):
        await transfers.trigger(work, place.key, is_attested=False)
    with pytest.raises(Conflict):
        await transfers.enable(work, account)


async def test_the_trigger_refuses_an_admin_of_the_new_kind(work: Work) -> None:
    person = (await accounts.create(work, email="new@example.org", roles=["clinician"])).key
    place = await organizations.create(work, COMPLETE, admin=person, is_migrated=False)
    with pytest.raises(Unprocessable, match="legacy"):
        await transfers.trigger(work, place.key, is_attested=False)


async def test_an_account_migrates_once_in_the_whole_system(work: Work) -> None:
    first, second = await a_legacy(work), await a_legacy(work, "second")
    clinic = await a_ready_clinic(work, first)
    with pytest.raises(NotFound):
        await transfers.add(work, clinic, second)
    with pytest.raises(Unprocessable):
        await transfers.add(work, clinic, first)
    await transfers.trigger(work, clinic, is_attested=False)
    with pytest.raises(Conflict):
        await transfers.add(work, clinic, first)
    await organizations.add_member(work, clinic, person=second, email="second@example.org", roles=[Role.MEMBER])
    assert (await transfers.add(work, clinic, second)).attested_at is None
    other = await organizations.create(work, COMPLETE, admin=second)
    with pytest.raises(Conflict):
        await transfers.add(work, other.key, second)
    assert {one.person for one in await transfers.migrations(work, clinic)} == {first, second}


async def test_a_status_never_goes_back(work: Work) -> None:
    account = await a_legacy(work)
    clinic = await a_ready_clinic(work, account)
    await transfers.trigger(work, clinic, is_attested=False)
    for status in (Status.PENDING, Status.RUNNING, Status.RUNNING, Status.COMPLETED, Status.COMPLETED):
        assert (await transfers.set_status(work, clinic, account, status)).status is status
    for status in (Status.PENDING, Status.RUNNING):
        with pytest.raises(Unprocessable):
            await transfers.set_status(work, clinic, account, status)
    with pytest.raises(NotFound):
        await transfers.migration(work, OrganizationKey(account), account)


async def test_everybody_who_shares_becomes_a_patient(work: Work) -> None:
    account = await a_legacy(work)
    token = await accounts.open_session(work, account)
    sharers = [await a_sharer(work, account, number, ("view", "upload")) for number in range(20)]
    clinic = await a_ready_clinic(work, account)
    await transfers.trigger(work, clinic, is_attested=True)
    assert (await transfers.progress(work, await transfers.migrations(work, clinic)))[account].total == 20
    assert await run(work, account) == 2
    migration = await transfers.migration(work, clinic, account)
    assert (migration.status, migration.ended_at) == (Status.COMPLETED, work.now)
    user_id = (await accounts.get(work, account)).user_id
    for sharer in sharers:
        enrolment = await patients.get(work, clinic, sharer)
        assert enrolment.permissions == {Permission.VIEW, Permission.UPLOAD}
        assert enrolment.is_migrated
        assert enrolment.legacy_clinicians == (user_id,)
        assert enrolment.attestation_submitted
        assert await templates(work, sharer) == ["patient_migrated"]
    assert await accounts.grants(work, grantee=account) == []
    assert (await accounts.get(work, account)).roles == ("clinician",)
    assert await accounts.session(work, token) is None
    assert await templates(work, account) == ["migration_completed"]
    progress = (await transfers.progress(work, [migration]))[account]
    assert (progress.total, progress.done, progress.outcomes) == (20, 20, {Outcome.MOVED: 20})


async def test_who_is_a_patient_already_gets_the_old_clinician_noted(work: Work) -> None:
    account = await a_legacy(work)
    sharer = await a_sharer(work, account, 1)
    clinic = await a_ready_clinic(work, account)
    before = await patients.enrol(work, clinic, sharer, Joining(permissions=frozenset({Permission.NOTE})))
    await transfers.trigger(work, clinic, is_attested=False)
    await run(work, account)
    after = await patients.get(work, clinic, sharer)
    assert after.key == before.key
    assert after.permissions == {Permission.NOTE}
    assert after.legacy_clinicians == ((await accounts.get(work, account)).user_id,)
    assert await templates(work, sharer) == []
    assert await accounts.grants(work, grantee=account) == []


async def test_a_refused_patient_keeps_nobody_waiting_and_is_not_lost(work: Work) -> None:
    account = await a_legacy(work)
    custodial = [await a_sharer(work, account, number, ("custodian", "view")) for number in range(2)]
    others = [await a_sharer(work, account, number) for number in range(2, 5)]
    follower = await a_sharer(work, account, 9, ("follow",))
    clinic = await a_ready_clinic(work, account)
    await organizations.set_patient_limits(work, clinic, PatientLimits(hard=Limit(1)))
    migration = await transfers.trigger(work, clinic, is_attested=False)
    await run(work, account)
    present = [one for one in custodial if await patients.peek(work, clinic, one)]
    refused = [one for one in custodial if one not in present]
    # The claimed ones do not count against the limit, but they fill it.
    assert len(refused) >= 1
    for one in others:
        assert await patients.peek(work, clinic, one)
    reasons = {one.patient: one.reason for one in await transfers.refusals(work, migration)}
    assert set(reasons) == {*refused, follower}
    assert all(reasons.values())
    assert {grant.owner for grant in await accounts.grants(work, grantee=account)} == set(reasons)
    progress = (await transfers.progress(work, [await transfers.migration(work, clinic, account)]))[account]
    assert (progress.total, progress.done, progress.outcomes[Outcome.REFUSED]) == (6, 6, len(reasons))
    await organizations.set_patient_limits(work, clinic, PatientLimits())
    await transfers.retry(work, migration)
    await run(work, account)
    assert all([await patients.peek(work, clinic, one) for one in custodial])
    assert [one.patient for one in await transfers.refusals(work, migration)] == [follower]


async def test_the_rules_for_record_numbers_hold(work: Work) -> None:
    account = await a_legacy(work)
    without, has = await a_sharer(work, account, 1), await a_sharer(work, account, 2)
    await accounts.put_document(work, has, "profile", {"patient": {"mrn": "77"}})
    clinic = await a_ready_clinic(work, account)
    await organizations.set_mrn_rules(work, clinic, MRNRules(required=True, unique=True))
    migration = await transfers.trigger(work, clinic, is_attested=False)
    await run(work, account)
    assert [one.patient for one in await transfers.refusals(work, migration)] == [without]
    assert (await patients.get(work, clinic, has)).mrn == "77"
    assert (await transfers.migration(work, clinic, account)).status is Status.COMPLETED


async def test_who_shares_while_it_runs_is_not_lost(work: Work) -> None:
    account = await a_legacy(work)
    for number in range(15):
        await a_sharer(work, account, number)
    clinic = await a_ready_clinic(work, account)
    await transfers.trigger(work, clinic, is_attested=False)
    (task,) = [task for task in work.tasks if task.name == transfers.CARRY]
    work.tasks.clear()
    await transfers.carry(work, task.data)
    assert (await transfers.migration(work, clinic, account)).status is Status.RUNNING
    late = await a_sharer(work, account, 99)
    # As if the place in the order of keys had been passed already.
    data = [dict(task.data) for task in work.tasks if task.name == transfers.CARRY][-1] | {"after": "f" * 32}
    work.tasks.clear()
    work.now += timedelta(seconds=1)
    await transfers.carry(work, data)
    await run(work, account)
    assert await patients.peek(work, clinic, late)
    assert (await transfers.migration(work, clinic, account)).status is Status.COMPLETED


async def test_a_status_set_by_hand_leaves_nobody_behind(work: Work) -> None:
    account = await a_legacy(work)
    sharer = await a_sharer(work, account, 1)
    clinic = await a_ready_clinic(work, account)
    await transfers.trigger(work, clinic, is_attested=False)
    await transfers.set_status(work, clinic, account, Status.COMPLETED)
    await run(work, account)
    assert await patients.peek(work, clinic, sharer)
    assert (await accounts.get(work, account)).roles == ("clinician",)


async def test_the_job_twice_does_no_harm(work: Work) -> None:
    account = await a_legacy(work)
    sharer = await a_sharer(work, account, 1)
    clinic = await a_ready_clinic(work, account)
    await transfers.trigger(work, clinic, is_attested=False)
    (task,) = [task for task in work.tasks if task.name == transfers.CARRY]
    await run(work, account)
    await transfers.carry(work, task.data)
    assert await templates(work, sharer) == ["patient_migrated"]
    assert await templates(work, account) == ["migration_completed"]


async def test_a_batch_is_at_most_fifteen_a_second(work: Work) -> None:
    account = await a_legacy(work)
    for number in range(16):
        await a_sharer(work, account, number)
    clinic = await a_ready_clinic(work, account)
    await transfers.trigger(work, clinic, is_attested=False)
    (task,) = [task for task in work.tasks if task.name == transfers.CARRY]
    work.tasks.clear()
    await transfers.carry(work, task.data)
    (migration,) = await transfers.migrations(work, clinic)
    progress = (await transfers.progress(work, [migration]))[account]
    assert (progress.done, progress.total) == (15, 16)
    (following,) = [task for task in work.tasks if task.name == transfers.CARRY]
    assert following.not_before is not None
    assert (following.not_before - work.now).total_seconds() >= 1


async def test_a_second_copy_of_the_job_makes_it_no_faster(work: Work) -> None:
    account = await a_legacy(work)
    for number in range(20):
        await a_sharer(work, account, number)
    clinic = await a_ready_clinic(work, account)
    await transfers.trigger(work, clinic, is_attested=False)
    (task,) = [task for task in work.tasks if task.name == transfers.CARRY]
    for _ in range(2):
        await transfers.carry(work, task.data)
    (migration,) = await transfers.migrations(work, clinic)
    assert (await transfers.progress(work, [migration]))[account].done == 15
    await run(work, account)
    assert (await transfers.migration(work, clinic, account)).status is Status.COMPLETED
