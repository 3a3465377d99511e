"""Words of many newcomers: found at once, and sorted into their index afterwards."""

import pytest

from openward.care import organizations, patients, reactions, roster
from openward.care.organizations import Profile
from openward.care.patients import Demographics, HumanName, Newcomer
from openward.care.roster import words
from openward.care.work import OrganizationKey, Work

pytestmark = pytest.mark.anyio


async def _arrive(work: Work, organization: OrganizationKey, many: int) -> None:
    names = [HumanName("usual", None, f"Given{number}", "", "Family", "") for number in range(many)]
    await patients.register_many(work, organization, [Newcomer(Demographics((name,))) for name in names])
    await reactions.react(work)
    work.recorded.clear()


async def _found(work: Work, organization: OrganizationKey, search: str) -> int:
    return (await roster.find(work, organization, roster.Query(search=search))).count


async def _fresh(work: Work) -> int:
    return int(await work.tx.fetchval("select count(*) from roster.entry where is_fresh"))


async def test_newcomers_are_found_before_their_words_are_sorted_and_after(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "_BATCH", 80)
    here = (await organizations.create(work, Profile(name="Here"), admin=None)).key
    elsewhere = (await organizations.create(work, Profile(name="Elsewhere"), admin=None)).key
    await _arrive(work, here, words.MANY - 1)
    assert await _fresh(work) == 0
    await _arrive(work, here, words.MANY + 1)
    assert await _fresh(work) == words.MANY + 1
    assert (await _found(work, here, "given7 "), await _found(work, here, "given100")) == (2, 1)
    assert await _found(work, elsewhere, "given100") == 0
    runs = 0
    while True:
        work.tasks.clear()
        await roster.sort_words(work, {})
        runs += 1
        if not work.tasks:
            break
    assert (runs, await _fresh(work)) == (2, 0)
    assert (await _found(work, here, "given7 "), await _found(work, here, "given100")) == (2, 1)
