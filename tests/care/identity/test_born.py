"""Names that people are born with stand in one row, and answer like all others whatever happens to them."""

import pytest

from openward.care import identity
from openward.care.errors import Conflict
from openward.care.identity import Born, Identifier, Kind, System
from openward.care.work import Work, new_key, new_keys

pytestmark = pytest.mark.anyio


async def _born(work: Work, practice: object) -> Born:
    (made,) = await identity.mint_people(work, new_keys(work, 1), practice)  # type: ignore[arg-type]
    return made


async def test_many_answer_to_all_their_names(work: Work) -> None:
    practice, people = new_key(work), new_keys(work, 30)
    made = await identity.mint_people(work, people, practice)
    assert [one.person for one in made] == people
    for system in (System.USER, System.SOLO, System.SPID, System.TWINE):
        shown = await identity.names(work, people, system)
        assert len(set(shown.values())) == 30
        assert await identity.resolve_many(work, system, list(shown.values())) == {
            name: person for person, name in shown.items()
        }
        assert all(identity.is_valid(system, name) for name in shown.values())
    one = made[7]
    assert await identity.resolve(work, Identifier(System.USER, str(one.user_id))) == one.person
    assert await identity.resolve(work, Identifier(System.TWINE, one.twine)) == one.person
    own = Identifier(System.PRACTICE_PATIENT, str(one.user_id), practice)
    assert await identity.resolve(work, own) == one.person
    assert await identity.find(work, Identifier(System.PRACTICE_PATIENT, str(one.user_id), new_key(work))) is None
    assert await identity.find(work, Identifier(System.USER, str(one.user_id).upper())) is None
    assert len(set(people)) == 30
    assert sorted(people) == people


async def test_a_name_somebody_is_born_with_is_taken(work: Work) -> None:
    practice = new_key(work)
    one = await _born(work, practice)
    for name in (
        Identifier(System.PRACTICE_PATIENT, str(one.user_id), practice),
        Identifier(System.USER, str(one.user_id)),
        Identifier(System.TWINE, one.twine),
    ):
        with pytest.raises(Conflict):
            await identity.add(work, name, new_key(work), Kind.PERSON)
        with pytest.raises(Conflict):
            await identity.add_many(work, [(name, new_key(work))], Kind.PERSON)
    elsewhere = Identifier(System.PRACTICE_PATIENT, str(one.user_id), new_key(work))
    await identity.add(work, elsewhere, one.person, Kind.PERSON)
    assert await identity.resolve(work, elsewhere) == one.person


async def test_a_practice_may_call_somebody_otherwise(work: Work) -> None:
    practice = new_key(work)
    one = await _born(work, practice)
    before = Identifier(System.PRACTICE_PATIENT, str(one.user_id), practice)
    await identity.remove(work, before, one.person)
    assert await identity.find(work, before) is None
    await identity.add(work, Identifier(System.PRACTICE_PATIENT, "P-1", practice), one.person, Kind.PERSON)
    assert await identity.name(work, one.person, System.PRACTICE_PATIENT, practice) == "P-1"
    assert await identity.name(work, one.person, System.USER) == str(one.user_id)


async def test_after_a_merge_all_old_names_answer(work: Work) -> None:
    practice = new_key(work)
    source, target = await _born(work, practice), await _born(work, practice)
    before = await identity.name(work, source.person, System.SPID)
    await identity.merge(work, source.person, target.person)
    for system, value in ((System.USER, str(source.user_id)), (System.TWINE, source.twine), (System.SPID, before)):
        assert await identity.resolve(work, Identifier(system, value)) == target.person
        assert await identity.name(work, target.person, system) != value
    scoped = Identifier(System.PRACTICE_PATIENT, str(source.user_id), practice)
    assert await identity.resolve(work, scoped) == target.person


async def test_names_of_a_practice_go_on_in_another(work: Work) -> None:
    source, target = new_key(work), new_key(work)
    one, other = await _born(work, source), await _born(work, source)
    await identity.add(work, Identifier(System.PRACTICE_PATIENT, "own", target), other.person, Kind.PERSON)
    assert await identity.clashes(work, source, target) == 0
    stranger = new_key(work)
    await identity.add(work, Identifier(System.PRACTICE_PATIENT, str(one.user_id), target), stranger, Kind.PERSON)
    assert await identity.clashes(work, source, target) == 1
    await identity.remove(work, Identifier(System.PRACTICE_PATIENT, str(one.user_id), target), stranger)
    await identity.move_scope(work, source, target)
    for born in (one, other):
        moved = Identifier(System.PRACTICE_PATIENT, str(born.user_id), target)
        assert await identity.resolve(work, moved) == born.person
        assert await identity.find(work, Identifier(System.PRACTICE_PATIENT, str(born.user_id), source)) is None
    assert await identity.name(work, other.person, System.PRACTICE_PATIENT, target) == "own"
    assert await identity.name(work, one.person, System.PRACTICE_PATIENT, target) == str(one.user_id)
