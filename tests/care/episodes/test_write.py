"""Episodes: what is recorded, whose they are, and where they go when practices merge."""

from datetime import date

import pytest

from openward.care import episodes, organizations, patients
from openward.care.audit import Entry
from openward.care.episodes import Content, EpisodeCreated, EpisodeUpdated, Status
from openward.care.errors import Invalid, NotFound
from openward.care.organizations import Profile
from openward.care.patients import Details
from openward.care.work import OrganizationKey, PersonKey, Work

pytestmark = pytest.mark.anyio

COVID = Content("care", "covid", Status.ACTIVE, date(2023, 3, 29))


async def a_practice(work: Work, *types: str) -> OrganizationKey:
    made = await organizations.create(work, Profile(name="Practice"), admin=None)
    await episodes.set_types(work, made.key, types)
    return made.key


async def a_patient(work: Work, practice: OrganizationKey) -> PersonKey:
    return (await patients.create_custodial(work, practice, Details("Ada Byron", None))).person


async def test_every_change_is_told_and_noted(work: Work) -> None:
    practice = await a_practice(work, "covid")
    person = await a_patient(work, practice)
    work.recorded.clear()
    key = await episodes.create(work, practice, person, COVID)
    await episodes.update(work, practice, key, COVID)
    episodes.touched(work, practice, [None, key, key])
    told = [event for event in work.recorded if isinstance(event, EpisodeCreated | EpisodeUpdated)]
    assert told == [EpisodeCreated(practice, key), EpisodeUpdated(practice, key), EpisodeUpdated(practice, key)]
    assert Entry("write", "episode", person, practice) in work.audited


async def test_a_type_that_is_taken_away_stays_until_the_episode_is_written_again(work: Work) -> None:
    practice = await a_practice(work, "covid", "flu")
    person = await a_patient(work, practice)
    key = await episodes.create(work, practice, person, COVID)
    await episodes.set_types(work, practice, ["flu"])
    assert (await episodes.get(work, practice, key)).content.type == "covid"
    with pytest.raises(Invalid) as caught:
        await episodes.update(work, practice, key, COVID)
    assert [fault.code for fault in caught.value.faults] == [episodes.TYPE_UNKNOWN]


async def test_an_episode_belongs_to_one_patient_of_one_practice(work: Work) -> None:
    practice, other = await a_practice(work, "covid"), await a_practice(work, "covid")
    person, somebody = await a_patient(work, practice), await a_patient(work, practice)
    key = await episodes.create(work, practice, person, COVID)
    await episodes.require(work, practice, person, key)
    for organization, patient in ((practice, somebody), (other, person)):
        with pytest.raises(NotFound):
            await episodes.require(work, organization, patient, key)
    with pytest.raises(NotFound):
        await episodes.create(work, other, person, COVID)
    with pytest.raises(NotFound):
        await episodes.of_patient(work, other, person)


async def test_a_merge_takes_episodes_and_types_along(work: Work) -> None:
    source, target = await a_practice(work, "covid", "both"), await a_practice(work, "flu", "both")
    person = await a_patient(work, source)
    key = await episodes.create(work, source, person, COVID)
    await episodes.move(work, source, target)
    assert sorted(await episodes.types(work, target)) == ["both", "covid", "flu"]
    assert await episodes.types(work, source) == []
    assert (await episodes.get(work, target, key)).organization == target
    with pytest.raises(NotFound):
        await episodes.get(work, source, key)
