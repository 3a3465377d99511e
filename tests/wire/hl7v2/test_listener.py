"""The listener against senders that are slow, huge, broken, unknown or many."""

import asyncio
import logging
import secrets
import socket
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openward.care.ehr import feed as feeds
from openward.gateway.request import Gate
from openward.wire.hl7v2.frames import wrap
from tests.wire.hl7v2.conftest import Hospital, listening, make_hospital
from tests.wire.hl7v2.sender import adt, read_ack

pytestmark = pytest.mark.anyio


async def test_a_huge_message_is_refused_and_the_connection_goes_on(hospital: Hospital) -> None:
    huge = hospital.adt("A04", number="HUGE", more=("OBX|1|ED|x||" + "A" * (11 << 20),))
    large = hospital.adt("A04", number="LARGE", more=("OBX|1|ED|x||" + "A" * (9 << 20),))
    async with hospital.connect() as sender:
        first = await sender.send(huge)
        assert (first.code, first.control_id, first.problem) == ("AR", "HUGE", "207")
        assert (await sender.send(large)).code == "AA"
        assert (await sender.send(hospital.adt("A08", at="20260310130000"))).code == "AA"


async def test_garbage_is_answered_or_hung_up_on(hospital: Hospital) -> None:
    async with hospital.connect() as sender:
        for content in (b"", b"garbage", b"MSH", b"MSH|", b"MSH|^~\\&", b"MSHaaaaaaaaaaa", b"PID|1\rMSH|^~\\&|"):
            await sender.raw(wrap(content))
            assert read_ack(await sender.answer()).code == "AR", content
        batch = b"FHS|^~\\&|x\rBHS|^~\\&|x\r" + hospital.adt() + b"BTS|1\rFTS|1\r"
        refused = await sender.send(batch)
        assert (refused.code, refused.problem) == ("AR", "200")
        assert (await sender.send(hospital.adt())).code == "AA"
        await sender.raw(b"GET / HTTP/1.1\r\n" * 10_000)
        assert await sender.answer() == b""
    assert (await hospital.tell(hospital.adt("A08", at="20260310130000"))).code == "AA"


@given(st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_bytes_kill_it(hospital: Hospital, data: st.DataObject) -> None:
    good = hospital.adt("A08", number="NUMBER", pid="|19900101|F||W|1 St^^B|||^PRN^PH^^^1^2", more=("NK1|1|Lee^Bo",))
    start = data.draw(st.integers(0, len(good)))
    mutated = good[:start] + data.draw(st.binary(max_size=12)) + good[start + data.draw(st.integers(0, 20)) :]
    content = data.draw(st.sampled_from([mutated, data.draw(st.binary(max_size=80))]))
    content = bytes(one for one in content if one not in (0x0B, 0x1C)).replace(b"NUMBER", secrets.token_hex(8).encode())
    async with hospital.connect() as sender:
        await sender.raw(wrap(content))
        answer = await sender.answer(3)
        assert b"MSA" in answer or b"MSH" in content, answer
        assert b"Internal" not in answer.split(b"ERR")[-1].title() or b"207" not in answer, (content, answer)


async def test_slow_and_silent_senders_are_hung_up_on(gate: Gate) -> None:
    async with listening(gate, idle_s=0.5, message_s=0.8) as place:
        hospital = await make_hospital(gate, place)
        async with hospital.connect() as silent:
            assert await silent.answer(5) == b""
        async with hospital.connect() as slow:

            async def drip() -> None:
                for one in wrap(hospital.adt()):
                    await slow.raw(bytes((one,)))
                    await asyncio.sleep(0.1)

            dripping = asyncio.create_task(drip())
            assert await slow.answer(5) == b""
            dripping.cancel()
            await asyncio.gather(dripping, return_exceptions=True)
        assert (await hospital.tell(hospital.adt())).code == "AA"


async def test_there_is_an_end_to_connections(gate: Gate) -> None:
    async with listening(gate, connections=3) as place:
        hospital = await make_hospital(gate, place)
        held = [await hospital.connect().__aenter__() for _ in range(3)]
        for sender in held:
            assert (await sender.send(hospital.adt())).code == "AA"
        async with hospital.connect() as fourth:
            with pytest.raises((ConnectionError, AssertionError)):
                assert await fourth.answer(5)
        await held[0].__aexit__()
        await asyncio.sleep(0)

        async def again() -> bool:
            try:
                return (await hospital.tell(hospital.adt("A08"))).code == "AA"
            except (ConnectionError, IndexError, StopIteration, RuntimeError):
                return False

        for _ in range(100):
            if await again():
                break
            await asyncio.sleep(0.05)
        else:
            pytest.fail("the place that was left is not given again")
        for sender in held[1:]:
            await sender.__aexit__()


async def test_what_is_under_way_is_answered_before_the_end(gate: Gate) -> None:
    async with listening(gate) as place:
        hospital = await make_hospital(gate, place)
        sender = await hospital.connect().__aenter__()
        message = wrap(hospital.adt())
        await sender.raw(message[:40])
        await asyncio.sleep(0.2)

        async def rest() -> bytes:
            await asyncio.sleep(0.2)
            await sender.raw(message[40:])
            return await sender.answer()

        answering = asyncio.create_task(rest())
        await asyncio.sleep(0.05)
    assert read_ack(await answering).code == "AA"


async def test_a_sender_who_leaves_before_the_answer_harms_nobody(hospital: Hospital) -> None:
    for _ in range(5):
        opened = socket.create_connection(hospital.place)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        opened.sendall(wrap(hospital.adt("A04", number="GONE")))
        opened.close()
    assert (await hospital.tell(hospital.adt("A04", number="GONE"))).code == "AA"
    kept = await hospital.do(lambda work: feeds.feed_messages(work, hospital.key))
    assert len(kept) == 1


async def test_unknown_senders_and_addresses_are_refused(hospital: Hospital, gate: Gate) -> None:
    stranger = await hospital.tell(adt(sender="EPIC|NOBODY"))
    assert (stranger.code, stranger.problem) == ("AR", "204")
    elsewhere = await make_hospital(gate, hospital.place, peers=("10.9.8.0/24",))
    refused = await elsewhere.tell(elsewhere.adt())
    assert (refused.code, refused.problem) == ("AR", "204")
    certified = await make_hospital(gate, hospital.place, certificates=("north.example.org",))
    assert (await certified.tell(certified.adt())).code == "AR"
    for one in (elsewhere, certified):
        assert not await one.do(lambda work, one=one: feeds.feed_messages(work, one.key))  # type: ignore[misc]


async def test_senders_who_were_switched_off_are_unknown(hospital: Hospital) -> None:
    (feed,) = await hospital.do(lambda work: feeds.feeds(work, hospital.key))
    await hospital.do(lambda work: feeds.set_enabled(work, hospital.key, feed.key, is_enabled=False))
    assert (await hospital.tell(hospital.adt())).code == "AR"


async def test_two_clinics_of_one_system_are_told_apart_by_the_receiver(gate: Gate, hospital: Hospital) -> None:
    async def add(work: Any) -> None:
        (feed,) = await feeds.feeds(work, hospital.key)
        names = feeds.Names("EPIC", hospital.facility, "OPENWARD", "OAK")
        await feeds.put_feed(work, other.key, names, feed.settings)

    other = await make_hospital(gate, hospital.place)
    await other.do(add)
    assert (await hospital.tell(hospital.adt(mrn="M-OAK", receiver="OPENWARD|OAK"))).code == "AA"
    assert (await hospital.tell(hospital.adt(mrn="M-ANY", receiver="OPENWARD|ELSE"))).code == "AA"
    theirs = await other.do(lambda work: feeds.feed_messages(work, other.key))
    ours = await hospital.do(lambda work: feeds.feed_messages(work, hospital.key))
    assert (len(theirs), len(ours)) == (1, 1)


async def test_nothing_of_a_message_gets_into_the_log(
    hospital: Hospital, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "Zyxwvut"
    async with hospital.connect() as sender:
        await sender.send(hospital.adt(name=f"{secret}^Ann", mrn=secret))
        await sender.send(hospital.adt(name=f"{secret}\\Xzz\\^\\Q\\Ann", mrn=secret))
        await sender.send(hospital.adt(name=f"{secret}^Ann", pid=f"|{secret}|{secret}"))
        await sender.send(hospital.adt("A99", name=secret))
        await sender.send(adt(sender=f"{secret}|X"))
        await sender.raw(wrap(f"{secret} is no message".encode()))
        await sender.answer()
    said = capsys.readouterr()
    assert secret not in said.out + said.err + caplog.text
