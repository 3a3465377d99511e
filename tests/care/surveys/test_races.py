"""Health profiles under races: one for each patient, no answer lost; lists in a constant number of statements."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from openward.care import organizations, patients, surveys
from openward.care.organizations import Profile
from openward.care.patients import Details
from openward.care.surveys import Selection
from openward.care.work import Actor, ActorKind, OrganizationKey, PersonKey, Tools, Work
from openward.infra.db import Pool

pytestmark = pytest.mark.anyio


async def _clinic(work: Work, patients_wanted: int) -> tuple[OrganizationKey, list[PersonKey]]:
    made = (await organizations.create(work, Profile(name="Clinic"), admin=None)).key
    found = [await patients.create_custodial(work, made, Details("Ada Byron", None)) for _ in range(patients_wanted)]
    return made, [one.person for one in found]


async def test_many_who_look_and_answer_at_once_share_one_profile(pool: Pool, tools: Tools) -> None:
    async with pool.acquire() as connection, connection.transaction():
        work = Work(connection, Actor(ActorKind.SERVICE, credential="test"), datetime.now(UTC), tools)
        clinic, [person] = await _clinic(work, 1)

    async def answer(value: str) -> None:
        async with pool.acquire() as connection, connection.transaction():
            himself = Actor(ActorKind.PERSON, person, credential="test")
            await surveys.answer(Work(connection, himself, datetime.now(UTC), tools), clinic, person, {1: value})

    await asyncio.gather(*(answer(str(place)) for place in range(4)))
    async with pool.acquire() as connection, connection.transaction():
        work = Work(connection, Actor(ActorKind.SERVICE, credential="test"), datetime.now(UTC), tools)
        assert await surveys.count_answers(work, Selection(clinic)) == 1
        [kept] = await surveys.answers(work, Selection(clinic), 0, 10)
        assert sorted(entry.value for entry in kept.entries) == ["0", "1", "2", "3"]
        count = await connection.fetchval("select count(*) from surveys.profile where organization = $1", clinic)
        assert count == 1


async def test_lists_ask_no_more_for_more_patients(work: Work) -> None:
    async def statements(wanted: int) -> int:
        clinic, people = await _clinic(work, wanted)
        for person in people:
            himself = replace(work, actor=Actor(ActorKind.PERSON, person, credential="test"))
            await surveys.answer(himself, clinic, person, {1: "0", 4: "1"})
        told: list[object] = []
        work.tx.add_query_logger(told.append)
        assert len(await surveys.profiles(work, Selection(clinic), 0, 50)) == wanted
        assert len(await surveys.answers(work, Selection(clinic), 0, 50)) == 2 * wanted
        assert len(await surveys.questions(work, Selection(clinic), 0, 50)) >= 2 * wanted
        work.tx.remove_query_logger(told.append)
        assert told
        return len(told)

    assert await statements(1) == await statements(3)
