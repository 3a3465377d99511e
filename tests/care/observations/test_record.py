"""Observations of patients: kept, counted, found by type, moved; and glucose among the readings."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from openward.care import devicedata, observations, organizations, patients, reactions, summaries
from openward.care.devicedata import DataSet, Filters, Measurement
from openward.care.observations import Measured, Selection, store
from openward.care.organizations import Profile
from openward.care.patients import Details
from openward.care.work import Actor, ActorKind, OrganizationKey, PersonKey, Work

pytestmark = pytest.mark.anyio
AT = datetime(2026, 3, 1, 8, 0, 0, tzinfo=UTC)
SOURCE = "org.openward.coaching"


async def organization_of(work: Work, *names: str) -> tuple[OrganizationKey, list[PersonKey]]:
    """An organization and patients of these names."""
    key = (await organizations.create(work, Profile(name="Willow", timezone="UTC"), admin=None)).key
    made = [await patients.create_custodial(work, key, Details(full_name=name, birth_date=None)) for name in names]
    return key, [one.person for one in made]


def glucose(value: float, unit: str = "mg/dl", at: datetime = AT) -> Measured:
    """A glucose value."""
    return Measured("blood_glucose", at, value=value, unit=unit, canonical=value)


def weight(value: float, at: datetime = AT) -> Measured:
    """A weight in pounds."""
    return Measured("weight", at, value=value, unit="lb", canonical=value)


async def sets_of(work: Work, person: PersonKey) -> list[DataSet]:
    """The data sets that organizations keep of a person."""
    return await devicedata.list_of(work, person, client_name=SOURCE)


async def readings_of(work: Work, person: PersonKey) -> list[tuple[datetime, float | None]]:
    """Time and value of each meter reading."""
    answer = await devicedata.find(work, person, Filters(types=("smbg",)))
    return sorted([(devicedata.moment(found[0]), found[1]) async for block in answer.blocks for found in block])


async def test_counts_and_the_latest_of_each_type(work: Work) -> None:
    organization, (ada, ben) = await organization_of(work, "Ada", "Ben")
    days = [AT + timedelta(days=day) for day in range(30)]
    await observations.record(work, organization, [(ada, weight(180 + n, at)) for n, at in enumerate(days)])
    await observations.record(work, organization, [(ben, weight(90)), (ada, glucose(100))])
    assert await observations.count(work, Selection(organization)) == 32
    assert await observations.count(work, Selection(organization, ada)) == 31
    assert await observations.count(work, Selection(organization, groups=())) == 0
    latest = await observations.latest(work, ada, organization, ["blood_glucose", "weight", "inr"])
    assert [(one.measured.type, one.measured.value) for one in latest] == [("weight", 209), ("blood_glucose", 100)]
    page = await observations.page(work, Selection(organization, ada), 3, offset=2)
    assert [one.measured.value for one in page] == [207, 206, 205]
    noted = [entry for entry in work.audited if getattr(entry, "what", "") == "observations"]
    assert {getattr(entry, "action", "") for entry in noted} == {"read", "write"}


@pytest.mark.parametrize("few", [1, 5000])
@pytest.mark.parametrize("walk", [0, 5000])
async def test_lists_of_groups_are_the_same_either_way(
    work: Work, monkeypatch: pytest.MonkeyPatch, few: int, walk: int
) -> None:
    monkeypatch.setattr(store, "_FEW", few)
    monkeypatch.setattr(store, "_WALK", walk)
    organization, people = await organization_of(work, "Ada", "Ben", "Cy", "Di")
    groups = [(await organizations.create_group(work, organization, name)).key for name in "AB"]
    ada, ben, cy, _ = people
    await patients.put_groups(work, organization, {ada: groups, ben: groups[:1], cy: groups[1:]})
    written = [(person, weight(n, AT + timedelta(hours=n % 5))) for n, person in enumerate(people * 6)]
    kept = [one for one in await observations.record(work, organization, written) if one is not None]
    for chosen, members in (((groups[0],), {ada, ben}), (tuple(groups), {ada, ben, cy}), ((), set())):
        which = Selection(organization, groups=chosen)
        expected = [one.id for one in sorted(kept, key=lambda one: (one.measured.occurred_at, one.id), reverse=True)]
        expected = [name for name in expected if next(one for one in kept if one.id == name).person in members]
        count = await observations.count(work, which)
        assert count == len(expected)
        for offset in (0, 5, 50):
            page = await observations.page(work, which, 4, offset=offset, of=count)
            assert [one.id for one in page] == expected[offset : offset + 4]


async def test_glucose_is_a_reading_once(work: Work) -> None:
    organization, (ada, ben) = await organization_of(work, "Ada", "Ben")
    written = [(ada, glucose(180)), (ada, glucose(5.5, "mmol/L", AT + timedelta(hours=1))), (ben, weight(80))]
    for _ in range(2):
        await observations.record(work, organization, written)
        await reactions.react(work)
        work.recorded.clear()
    assert await readings_of(work, ada) == [(AT, 9.99135), (AT + timedelta(hours=1), 5.5)]
    (kept,) = await sets_of(work, ada)
    assert (kept.type, kept.is_active, kept.next_ordinal, kept.shapes) == ("continuous", True, 2, 1)
    assert await sets_of(work, ben) == []
    due = [task for task in work.tasks if task.key == f"summary:{ada}"]
    assert len(due) == 1  # the second time there was nothing new


async def test_the_reading_goes_with_the_last_observation_that_says_it(work: Work) -> None:
    organization, (ada,) = await organization_of(work, "Ada")
    same = [glucose(99.085745), glucose(5.5, "mmol/l", AT + timedelta(microseconds=300)), glucose(120)]
    kept = await observations.record(work, organization, [(ada, one) for one in same])
    await reactions.react(work)
    assert await readings_of(work, ada) == [(AT, 5.5), (AT, 6.6609)]
    for one, left in zip(kept, (2, 1, 0), strict=True):
        assert one is not None
        work.recorded.clear()
        for _ in range(2):
            await observations.withdraw(work, organization, ada, one.id)
        await reactions.react(work)
        assert len(await readings_of(work, ada)) == left
        told = [event for event in work.recorded if isinstance(event, devicedata.ManyDataChanged)]
        assert [event.changed for event in told] == ([] if left == 2 else [((ada, AT, AT),)])
    assert await observations.count(work, Selection(organization)) == 0


async def test_a_corrected_number_is_one_reading_also_after_a_merge(work: Work) -> None:
    source, (ada,) = await organization_of(work, "Ada")
    target, _ = await organization_of(work)
    await patients.enrol(work, target, ada, patients.Joining(frozenset({patients.Permission.VIEW})))
    (wrong,) = await observations.record(work, source, [(ada, glucose(1000))])
    await observations.record(work, target, [(ada, glucose(90, at=AT + timedelta(hours=1)))])
    await reactions.react(work)
    await observations.move(work, source, target)
    await devicedata.move_sets(work, source, target)
    work.recorded.clear()
    assert wrong is not None
    await observations.withdraw(work, target, ada, wrong.id)
    await observations.record(work, target, [(ada, glucose(100))])
    await reactions.react(work)
    assert await readings_of(work, ada) == [(AT, 5.55075), (AT + timedelta(hours=1), 4.99567)]


async def test_what_is_no_reading_and_who_has_left(work: Work) -> None:
    organization, (ada, ben) = await organization_of(work, "Ada", "Ben")
    await patients.remove(work, organization, ben)
    client = replace(work, actor=Actor(ActorKind.CLIENT, organization=organization, credential="client:c"))
    far = [(ada, glucose(1001)), (ada, glucose(-1)), (ada, glucose(56, "mmol/l")), (ben, glucose(100))]
    await observations.record(client, organization, far)
    await reactions.react(client)
    assert await sets_of(work, ada) == []
    assert await sets_of(work, ben) == []
    old = Measurement(ada, AT - timedelta(days=1000), 100, "MG/DL")
    await devicedata.keep_measured(client, organization, SOURCE, [old, old])
    assert [value for _, value in await readings_of(work, ada)] == [5.55075]
    assert not any(isinstance(event, devicedata.ManyDataChanged) for event in client.recorded)


async def test_a_deleted_set_is_followed_by_another(work: Work) -> None:
    organization, (ada,) = await organization_of(work, "Ada")
    await devicedata.keep_measured(work, organization, SOURCE, [Measurement(ada, AT, 100, "mg/dl")])
    (first,) = await sets_of(work, ada)
    await devicedata.delete(work, first.name)
    await devicedata.keep_measured(work, organization, SOURCE, [Measurement(ada, AT, 100, "mg/dl")])
    (second,) = await sets_of(work, ada)
    assert second.name != first.name
    assert len(await readings_of(work, ada)) == 1


async def test_a_merge_takes_everything_along(work: Work) -> None:
    source, (ada, ben) = await organization_of(work, "Ada", "Ben")
    target, _ = await organization_of(work)
    await observations.record(work, target, [(ada, weight(1))])
    await observations.record(work, source, [(ada, weight(2)), (ben, weight(3))])
    for organization, person, value in ((source, ada, 90), (source, ben, 91)):
        await devicedata.keep_measured(work, organization, SOURCE, [Measurement(person, AT, value, "mg/dl")])
    await observations.move(work, source, target)
    await devicedata.move_sets(work, source, target)
    assert await observations.count(work, Selection(source)) == 0
    assert await observations.count(work, Selection(target)) == 3
    assert len(await observations.page(work, Selection(target), 10)) == 3
    moved = await work.tx.fetchval("select count(*) from devicedata.data_set where organization = $1", target)
    assert moved == 2


async def test_a_constant_number_of_statements(work: Work) -> None:
    organization, people = await organization_of(work, *[f"P{number}" for number in range(40)])
    counts = []
    for day, amount in enumerate((20, 20, 40, 20)):
        asked: list[object] = []
        work.tx.add_query_logger(asked.append)
        written = [(person, glucose(100, at=AT + timedelta(days=day))) for person in people[:amount]]
        await observations.record(work, organization, written, skips_repeats=True)
        await reactions.react(work)
        work.recorded.clear()
        work.tx.remove_query_logger(asked.append)
        counts.append(len(asked))
    first, again, twice, after = counts
    assert after == again <= first
    assert twice <= first  # half of them have no set yet
    [spread] = [task for task in work.tasks if task.name == summaries.SPREAD]
    assert sum(task.name == summaries.REFRESH for task in work.tasks) == 60
    work.tasks.clear()
    await summaries.spread_job(work, spread.data)
    assert {task.key for task in work.tasks} == {f"summary:{person}" for person in people}
