"""What is answered: in both modes, in each version, in the sender's own separators, and why not."""

import pytest

from openward.care.ehr import feed as feeds
from openward.gateway.request import Gate
from openward.wire.hl7v2.frames import wrap
from tests.wire.hl7v2.conftest import Hospital, make_hospital
from tests.wire.hl7v2.sender import read_ack
from tests.wire.hl7v2.test_patients import known

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("said", "code", "problem"),
    [
        ({"event": "A02"}, "AR", "201"),
        ({"event": ""}, "AR", "201"),
        ({"version": "3.0"}, "AR", "203"),
        ({"version": ""}, "AR", "203"),
        ({"mode": "T"}, "AR", "202"),
        ({"mode": "D"}, "AR", "202"),
        ({"mrn": ""}, "AE", "101"),
        ({"name": ""}, "AE", "101"),
        ({"pid": "|19991332|F"}, "AE", "102"),
        ({"pid": "|19900101|Q"}, "AE", "103"),
        ({"charset": "KLINGON"}, "AE", "103"),
        ({"charset": "ASCII", "name": "Müller^Ann"}, "AE", "102"),
        ({"name": "x" * 300}, "AE", "102"),
        ({"number": "n" * 200}, "AE", "101"),
        ({"number": ""}, "AE", "101"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
async def test_why_not(hospital: Hospital, said: dict[str, str], code: str, problem: str) -> None:
    ack = await hospital.tell(hospital.adt(said.pop("event", "A04"), **said))
    assert (ack.code, ack.problem) == (code, problem), ack.raw
    assert await known(hospital, "M-1") is None


async def test_other_types_are_refused(hospital: Hospital) -> None:
    oru = hospital.adt().replace(b"ADT^A04", b"ORU^R01")
    ack = await hospital.tell(oru)
    assert (ack.code, ack.problem) == ("AR", "200")


@pytest.mark.parametrize("version", ["2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8", "2.8.2"])
async def test_each_version_is_answered_in_kind(hospital: Hospital, version: str) -> None:
    ack = await hospital.tell(hospital.adt(version=version))
    assert ack.code == "AA"
    assert f"|{version}" in ack.raw.split("\r")[0]
    faulty = await hospital.tell(hospital.adt(version=version, pid="|x", at="20260310130000"))
    place = faulty.error[2] if version >= "2.5" else faulty.error[1]
    assert place.startswith("PID^1^7")
    assert faulty.problem == "102"


async def test_old_messages_name_their_event_and_numbers_in_their_own_way(hospital: Hospital) -> None:
    message = hospital.adt(version="2.1", mrn="OLD-1").replace(b"ADT^A04", b"ADT").replace(b"^^^NORTH^MR", b"")
    assert (await hospital.tell(message)).code == "AA"
    assert await known(hospital, "OLD-1") is not None


async def test_separators_are_the_senders_own(hospital: Hospital) -> None:
    own = hospital.adt(name="O\\R\\N^Ann").translate(bytes.maketrans(b"|^~\\&", b"#*%!@")).replace(b"!R!", b"!R!")
    async with hospital.connect() as sender:
        await sender.raw(wrap(own))
        raw = (await sender.answer()).decode()
    assert raw.startswith("MSH#*%!@#OPENWARD#WILLOW#EPIC#")
    assert "MSA#AA#" in raw
    found = await known(hospital, "M-1")
    assert found is not None
    assert found.names[0].family == "O%N"


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [("8859/1", "latin-1"), ("UNICODE UTF-8", "utf-8"), ("", "utf-8"), ("8859/15", "iso8859_15")],
    ids=["latin1", "utf8", "unsaid", "latin9"],
)
async def test_character_sets(hospital: Hospital, charset: str, encoding: str) -> None:
    message = hospital.adt(name="Müller^Zoé", charset=charset).decode().encode(encoding)
    assert (await hospital.tell(message)).code == "AA"
    found = await known(hospital, "M-1")
    assert found is not None
    assert (found.names[0].family, found.names[0].given) == ("Müller", "Zoé")


async def test_a_senders_own_settings(gate: Gate, hospital: Hospital) -> None:
    other = await make_hospital(
        gate,
        hospital.place,
        charset="8859/1",
        processing_ids=("P", "T"),
        passes_over=("ADT^A03", "ORU^R01"),
        mrn=feeds.Which(types=("PI",), authorities=("1.2.3",)),
        hsid=feeds.Which(types=("EPI",)),
    )
    ids = "X^^^Y&9.9&ISO^PI~77^^^A&1.2.3&ISO^PI~E-5^^^Z^EPI"
    message = other.adt(mode="T", name="Müller^Ann").replace(b"M-1^^^NORTH^MR", ids.encode())
    assert (await other.tell(message.decode().encode("latin-1"))).code == "AA"
    found = await known(other, "E-5")
    assert found is not None
    assert (found.mrn, found.names[0].family) == ("77", "Müller")
    assert (await other.tell(other.adt("A03"))).code == "AA"
    assert (await other.tell(other.adt().replace(b"ADT^A04", b"ORU^R01"))).code == "AA"
    states = [one.state for one in await other.do(lambda work: feeds.feed_messages(work, other.key))]
    assert states == [feeds.State.PASSED, feeds.State.PASSED, feeds.State.DONE]


@pytest.mark.parametrize(
    ("acks", "good", "bad"),
    [
        ("|", ["AA"], ["AE"]),
        ("AL|NE", ["CA"], ["CE"]),
        ("NE|AL", ["AA"], ["AE"]),
        ("AL|AL", ["CA", "AA"], ["CA", "AE"]),
        ("ER|", [], ["CE"]),
        ("ER|ER", [], ["AE"]),
        ("SU|ER", ["CA"], ["CA", "AE"]),
        ("NE|SU", ["AA"], []),
        ("NE|NE", [], []),
    ],
    ids=["original", "AL-NE", "NE-AL", "AL-AL", "ER", "ER-ER", "SU-ER", "NE-SU", "NE-NE"],
)
async def test_the_sender_says_when_it_is_answered(
    hospital: Hospital, acks: str, good: list[str], bad: list[str]
) -> None:
    marker = hospital.adt("A08", at="20260310130000", number="MARK")
    async with hospital.connect() as sender:
        for message, wanted in ((hospital.adt(acks=acks), good), (hospital.adt(acks=acks, pid="|x"), bad)):
            await sender.raw(wrap(message) + wrap(marker))
            codes = []
            while (ack := read_ack(await sender.answer())).control_id != "MARK":
                codes.append(ack.code)
            assert codes == wanted
    assert len(await hospital.do(lambda work: feeds.feed_messages(work, hospital.key))) == 3


async def test_the_same_number_again_repeats_both_answers(hospital: Hospital) -> None:
    message = hospital.adt(acks="AL|AL", number="TWICE")
    async with hospital.connect() as sender:
        await sender.raw(wrap(message) * 2)
        answers = [await sender.answer() for _ in range(4)]
    assert answers[:2] == answers[2:]


async def test_a_reject_in_enhanced_mode(hospital: Hospital) -> None:
    ack = await hospital.tell(hospital.adt("A02", acks="AL|NE"))
    assert (ack.code, ack.problem) == ("CR", "201")
