"""Patients of a feed: made, found, kept up to date, in order and once."""

import asyncio
from datetime import date

import pytest

from openward.care import identity, patients
from openward.care.ehr import feed as feeds
from openward.care.identity import Identifier, System
from openward.care.patients import Demographics
from openward.care.work import PersonKey, Work
from tests.wire.hl7v2.conftest import Hospital

pytestmark = pytest.mark.anyio


async def known(hospital: Hospital, hsid: str) -> Demographics | None:
    """What is known of the patient of this number."""

    async def ask(work: Work) -> Demographics | None:
        person = await identity.find(work, Identifier(System.HSID, hsid, hospital.key))
        return None if person is None else await patients.described(work, hospital.key, PersonKey(person))

    return await hospital.do(ask)


async def test_a_new_patient_is_made_and_acknowledged(hospital: Hospital) -> None:
    ack = await hospital.tell(
        hospital.adt(
            "A04",
            number="CTRL-1",
            name="O\\T\\Neil^Ann^B^^^^L~Young^Ann^^^^^M",
            pid="|19900203|F||2106-3^White|1 Elm St^Apt 2^Boston^MA^02110^US^H||^PRN^PH^^1^617^5550100"
            "~^NET^Internet^Ann@Example.org|^WPN^PH^^^^5550199|en^English|M||ACC-7||||N^x",
        )
    )
    assert (ack.code, ack.control_id, ack.error) == ("AA", "CTRL-1", ())
    found = await known(hospital, "M-1")
    assert found is not None
    assert patients.display_name(found.names) == "Ann O&Neil"
    assert [name.use for name in found.names] == ["usual", "maiden"]
    assert (found.birth_date, found.gender, found.mrn) == (date(1990, 2, 3), "female", "M-1")
    assert (found.race, found.language, found.marital_status, found.account_number) == (
        "White",
        "en",
        "married",
        "ACC-7",
    )
    assert found.addresses[0].city == "Boston"
    assert [(one.system, one.value, one.use) for one in found.telecom] == [
        ("phone", "+1 617 5550100", "home"),
        ("email", "Ann@Example.org", "home"),
        ("phone", "5550199", "work"),
    ]


async def test_empty_leaves_and_null_deletes(hospital: Hospital) -> None:
    await hospital.tell(hospital.adt("A04", pid="|19900203|F|||||||en|M"))
    assert (
        await hospital.tell(hospital.adt("A08", at="20260310130000", name="Lee^Anna", pid='||||||||||""'))
    ).code == "AA"
    found = await known(hospital, "M-1")
    assert found is not None
    assert (found.birth_date, found.gender, found.language, found.marital_status) == (
        date(1990, 2, 3),
        "female",
        "en",
        None,
    )
    assert patients.display_name(found.names) == "Anna Lee"
    assert (await hospital.tell(hospital.adt("A31", at="20260310140000", name="Lee^Anna", pid='|""|'))).code == "AA"
    found = await known(hospital, "M-1")
    assert found is not None
    assert found.birth_date is None


async def test_an_older_message_does_not_undo_a_newer_one(hospital: Hospital) -> None:
    await hospital.tell(hospital.adt("A04", at="20260310120000", name="Lee^First"))
    await hospital.tell(hospital.adt("A08", at="20260310150000", name="Lee^Third"))
    late = await hospital.tell(hospital.adt("A08", at="20260310140000", name="Lee^Second"))
    assert late.code == "AA"
    found = await known(hospital, "M-1")
    assert found is not None
    assert patients.display_name(found.names) == "Third Lee"
    newest = (await hospital.do(lambda work: feeds.feed_messages(work, hospital.key)))[0]
    assert newest.state is feeds.State.OUTDATED


async def test_the_same_message_again_has_the_same_answer_and_no_effect(hospital: Hospital) -> None:
    message = hospital.adt("A04", number="SAME", name="Lee^Ann")
    async with hospital.connect() as sender:
        first = await sender.send(message)
        await sender.send(hospital.adt("A08", at="20260310120000", name="Lee^Beth"))
        again = await sender.send(message)
    assert again.raw == first.raw
    found = await known(hospital, "M-1")
    assert found is not None
    assert patients.display_name(found.names) == "Beth Lee"
    other = await hospital.tell(hospital.adt("A04", number="SAME", name="Other^One", mrn="M-2"))
    assert (other.code, other.problem) == ("AE", "205")
    assert await known(hospital, "M-2") is None


async def test_many_connections_make_one_patient(hospital: Hospital) -> None:
    messages = [
        hospital.adt("A04", number=f"R{place // 2}", at=f"202603101200{place:02}", mrn="M-9") for place in range(12)
    ]
    acks = await asyncio.gather(*(hospital.tell(message) for message in messages))
    assert {ack.code for ack in acks} <= {"AA", "AE"}
    kept = await hospital.do(lambda work: identity.match(work, Identifier(System.MRN, "M-9", hospital.key)))
    assert len(kept) == 1
    assert len(await hospital.do(lambda work: feeds.feed_messages(work, hospital.key))) == 6
