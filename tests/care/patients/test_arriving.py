"""Many patients at one stroke: a fixed number of statements, and what becomes of them elsewhere."""

import secrets
from typing import Any

import pytest

from openward.care import accounts, identity, organizations, patients, reactions, roster
from openward.care.errors import Invalid
from openward.care.identity import System
from openward.care.organizations import Profile
from openward.care.patients import Demographics, HumanName, NameElsewhere, Newcomer
from openward.care.work import OrganizationKey, Work

pytestmark = pytest.mark.anyio


def _newcomer(number: int, *names: NameElsewhere, **said: Any) -> Newcomer:
    name = HumanName("usual", None, f"Given{number}", "", "Family", "")
    return Newcomer(Demographics((name,), mrn=f"M-{number}", **said), names)


async def _organization(work: Work) -> OrganizationKey:
    return (await organizations.create(work, Profile(name="Here"), admin=None)).key


async def test_a_fixed_number_of_statements(work: Work) -> None:
    organization = await _organization(work)
    counts = []
    for many in (2, 3, 60):
        statements: list[str] = []
        work.recorded.clear()
        newcomers = [_newcomer(n, NameElsewhere("lab", secrets.token_hex(8))) for n in range(many)]
        with work.tx.query_logger(lambda record, kept=statements: kept.append(record.query)):
            made = await patients.register_many(work, organization, newcomers)
            await reactions.react(work)
        assert len(made) == many
        counts.append(len(statements))
    assert counts[1] == counts[2] <= counts[0]  # the first time the database is asked for its types, too
    found = await roster.find(work, organization, roster.Query(search="given59"))
    assert (found.count, found.total) == (1, 65)
    people = [one.person for one in made if one is not None]
    assert len(await accounts.get_many(work, people)) == 60
    assert len(await identity.names(work, people, System.PRACTICE_PATIENT, organization)) == 60
    profiles = await accounts.documents(work, people, "profile")
    assert profiles[people[3]]["fullName"] == "Given3 Family"


async def test_all_or_none_and_whoever_came_before(work: Work) -> None:
    organization = await _organization(work)
    value = secrets.token_hex(8)
    shared, unique = NameElsewhere("lab", value, None, is_unique=False), NameElsewhere("lab", value)
    with pytest.raises(Invalid) as refused:
        await patients.register_many(work, organization, [_newcomer(1, shared), _newcomer(2, shared, unique)])
    assert [fault.pointer for fault in refused.value.faults] == ["1/names/1"]
    made = await patients.register_many(
        work, organization, [_newcomer(1, shared), _newcomer(2, unique), _newcomer(3, shared)], skips_clashes=True
    )
    assert [one is None for one in made] == [False, True, False]
    assert len((await patients.by_identifiers(work, organization, None, [shared.pair]))[shared.pair]) == 2


async def test_a_merge_takes_everything_along(work: Work) -> None:
    source, target = await _organization(work), await _organization(work)
    name = NameElsewhere("lab", secrets.token_hex(8), "Lab")
    (made,) = await patients.register_many(work, source, [_newcomer(1, name)])
    assert made is not None
    await patients.set_active(work, source, made.person, is_active=False)
    await patients.take_over(work, patients.Takeover(source, target, [made.person], [], {}, is_mrn_unique=False))
    known = (await patients.coached_many(work, target, [made.person]))[made.person]
    assert name in known.names
    assert [one.is_active for one in known.history] == [False]
    assert await patients.coached_many(work, source, [made.person]) == {}
