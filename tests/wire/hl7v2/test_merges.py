"""A40: two patients are one, whatever is known of either, and however often it is said."""

import pytest

from openward.care import identity, patients, visits
from openward.care.ehr import feed as feeds
from openward.care.identity import Identifier, System
from openward.care.work import PersonKey, Work
from tests.wire.hl7v2.conftest import Hospital

pytestmark = pytest.mark.anyio


async def person(hospital: Hospital, hsid: str) -> PersonKey | None:
    """Who has this number in the record system."""
    found = await hospital.do(lambda work: identity.find(work, Identifier(System.HSID, hsid, hospital.key)))
    return None if found is None else PersonKey(found)


def merge(hospital: Hospital, new: str, old: str, at: str = "20260311120000", name: str = "Lee^Ann") -> bytes:
    """The patient of `old` is the one of `new`."""
    return hospital.adt("A40", mrn=new, name=name, at=at, more=(f"MRG|{old}^^^NORTH^MR",))


async def test_two_known_patients_become_one(hospital: Hospital) -> None:
    await hospital.tell(hospital.adt("A04", mrn="OLD", name="Lee^Anne"))
    await hospital.tell(hospital.adt("A04", mrn="NEW", name="Lee^Ann"))
    await hospital.tell(hospital.siu(visit="OV", mrn="OLD"))
    kept = await person(hospital, "NEW")
    assert (await hospital.tell(merge(hospital, "NEW", "OLD"))).code == "AA"
    assert await person(hospital, "OLD") == await person(hospital, "NEW") == kept
    visit = await hospital.do(lambda work: visits.by_external_id(work, hospital.key, "OV"))
    assert visit.person == kept
    assert (await hospital.do(lambda work: patients.count(work, hospital.key))).total == 1
    # Once more, and what comes under the prior number, means the one who is left.
    assert (await hospital.tell(merge(hospital, "NEW", "OLD"))).code == "AA"
    assert (await hospital.tell(hospital.siu("S13", visit="OV", mrn="OLD", at="20260312120000"))).code == "AA"
    assert (await hospital.do(lambda work: patients.count(work, hospital.key))).total == 1


@pytest.mark.parametrize("known", ["none", "old", "new"])
async def test_numbers_lead_on_where_there_is_nothing_to_join(hospital: Hospital, known: str) -> None:
    if known != "none":
        await hospital.tell(hospital.adt("A04", mrn=known.upper()))
    before = await person(hospital, known.upper())
    assert (await hospital.tell(merge(hospital, "NEW", "OLD"))).code == "AA"
    kept = await person(hospital, "NEW")
    assert kept is not None
    assert await person(hospital, "OLD") == kept
    assert before in (None, kept)

    async def look(work: Work) -> tuple[str | None, list[object]]:
        number = (await patients.get(work, hospital.key, kept)).mrn
        return number, list(await identity.match(work, Identifier(System.MRN, "OLD", hospital.key)))

    assert await hospital.do(look) == ("NEW", [kept])


async def test_a_merge_that_somebody_has_to_decide_waits(hospital: Hospital) -> None:
    await hospital.tell(hospital.adt("A04", mrn="OLD"))
    await hospital.tell(hospital.adt("A04", mrn="NEW"))
    both = [await person(hospital, "OLD"), await person(hospital, "NEW")]

    async def claim(work: Work) -> None:
        await work.tx.execute("update accounts.account set password = 'x' where person = any($1::uuid[])", both)

    await hospital.do(claim)
    message = merge(hospital, "NEW", "OLD")
    ack = await hospital.tell(message)
    assert (ack.code, ack.problem) == ("AE", "207")
    assert [await person(hospital, "OLD"), await person(hospital, "NEW")] == both
    waiting = await hospital.do(lambda work: feeds.feed_messages(work, hospital.key, only_open=True))
    assert [(one.kind, one.reason) for one in waiting] == [("ADT^A40", "both-have-logins")]
    again = await hospital.tell(message)
    assert again.raw == ack.raw

    async def unclaim(work: Work) -> None:
        await work.tx.execute("update accounts.account set password = null where person = $1", both[0])

    await hospital.do(unclaim)
    assert (await hospital.tell(message)).code == "AA"
    assert await person(hospital, "OLD") == both[1]


async def test_a_merge_without_its_parts_is_refused(hospital: Hospital) -> None:
    bare = await hospital.tell(hospital.adt("A40"))
    assert (bare.code, bare.problem) == ("AE", "100")
    nameless = await hospital.tell(hospital.adt("A40", more=("MRG|",)))
    assert (nameless.code, nameless.problem) == ("AE", "101")
