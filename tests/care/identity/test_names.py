"""Names are born in every system, resolve to one entity, survive merges, and collide loudly."""

import pytest

from openward.care import identity
from openward.care.errors import Conflict, Invalid, NotFound
from openward.care.identity import Identifier, Kind, System
from openward.care.work import Work, new_key

pytestmark = pytest.mark.anyio


async def test_a_person_is_born_with_all_names(work: Work) -> None:
    key = new_key(work)
    born = await identity.mint(work, key, Kind.PERSON)
    assert set(born) == {System.USER, System.SPID, System.SOLO, System.TWINE}
    for system, value in born.items():
        assert identity.is_valid(system, value)
        assert await identity.resolve(work, Identifier(system, value)) == key


async def test_many_are_named_at_once(work: Work) -> None:
    keys = [new_key(work) for _ in range(50)]
    born = await identity.mint_many(work, keys, Kind.PERSON)
    shown = await identity.names(work, keys, System.SPID)
    assert shown == {key: names[System.SPID] for key, names in born.items()}
    assert len(set(shown.values())) == 50


async def test_unknown_is_not_found_and_misshapen_is_invalid(work: Work) -> None:
    with pytest.raises(NotFound):
        await identity.resolve(work, Identifier(System.CLINIC, "0" * 24))
    with pytest.raises(Invalid):
        await identity.resolve(work, Identifier(System.CLINIC, "zz"))
    assert await identity.find(work, Identifier(System.CLINIC, "zz")) is None


async def test_a_taken_name_is_a_conflict_and_leaves_the_transaction_usable(work: Work) -> None:
    first, second = new_key(work), new_key(work)
    organization = new_key(work)
    name = Identifier(System.HSID, "H-1", organization)
    await identity.add(work, name, first, Kind.PERSON)
    with pytest.raises(Conflict):
        await identity.add(work, name, second, Kind.PERSON)
    elsewhere = Identifier(System.HSID, "H-1", new_key(work))
    await identity.add(work, elsewhere, second, Kind.PERSON)
    assert await identity.resolve(work, elsewhere) == second


async def test_an_mrn_may_be_shared_and_match_shows_all(work: Work) -> None:
    first, second, organization = new_key(work), new_key(work), new_key(work)
    name = Identifier(System.MRN, "42", organization)
    await identity.add(work, name, first, Kind.PERSON)
    await identity.add(work, name, second, Kind.PERSON)
    assert set(await identity.match(work, name)) == {first, second}
    with pytest.raises(Invalid):
        await identity.resolve(work, name)


async def test_after_a_merge_the_old_name_answers_and_the_own_name_is_shown(work: Work) -> None:
    source, target = new_key(work), new_key(work)
    old = (await identity.mint(work, source, Kind.ORGANIZATION))[System.CLINIC]
    own = (await identity.mint(work, target, Kind.ORGANIZATION))[System.CLINIC]
    await identity.merge(work, source, target)
    assert await identity.resolve(work, Identifier(System.CLINIC, old)) == target
    assert await identity.name(work, target, System.CLINIC) == own


@pytest.mark.parametrize(
    ("system", "value", "valid"),
    [
        (System.USER, "0123456789", True),
        (System.USER, "abcdef0123", True),
        (System.USER, "ABCDEF0123", False),
        (System.USER, "12345678-1234-1234-1234-123456789abc", True),
        (System.CLINIC, "0123456789abcdef01234567", True),
        (System.CLINIC, "0123456789abcdef0123456", False),
        (System.CLINIC, "0123456789abcdef01234567\n", False),
        (System.SHARE_CODE, "ABCD-EFGH-JKLM", True),
        (System.SHARE_CODE, "ABCD-EFGH-IOLM", False),
        (System.SPID, "0", False),
        (System.SPID, "12", True),
        (System.HSID, "any text / at all", True),
        (System.HSID, "", False),
    ],
)
def test_shapes(system: System, value: str, valid: bool) -> None:
    assert identity.is_valid(system, value) is valid
