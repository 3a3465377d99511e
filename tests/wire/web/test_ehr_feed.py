"""The page of messages from a record system: what came, what failed, trying again, and a sender's codes."""

import re
import secrets
from typing import Any

import pytest

from openward.care import visits
from openward.care.ehr import feed as feeds
from openward.care.ehr.feed import FeedSettings, Names, Peer
from openward.care.visits import RoomSettings
from openward.wire.hl7v2.handle import handle
from tests.wire.hl7v2.sender import adt, read_ack, siu

pytestmark = pytest.mark.anyio

PAGE = "/clinic/ehr/feed"


@pytest.fixture
async def clinic(house: Any) -> Any:
    made = await house.clinic("Fed Clinic")
    made.facility = f"F{secrets.token_hex(5)}"
    async with house.work() as work:
        await visits.put_room(work, made.key, RoomSettings("Hall"))
        await feeds.put_feed(work, made.key, Names("EPIC", made.facility), FeedSettings(peers=("127.0.0.0/8",)))
    return made


async def tell(house: Any, clinic: Any, message: bytes) -> str:
    async with house.work() as work:
        answered = await handle(work, Peer("127.0.0.1"), message)
    return read_ack(answered.replies[0]).code


async def test_a_message_that_failed_is_mended_and_tried_again(house: Any, clinic: Any) -> None:
    sender = f"EPIC|{clinic.facility}"
    assert await tell(house, clinic, adt(sender=sender, name="Li^Ann")) == "AA"
    assert await tell(house, clinic, siu(sender=sender, more=("AIL|1||NEWROOM",))) == "AE"
    visitor = await house.signed_in(clinic.admin)
    page = (await visitor.get(PAGE)).text
    assert "Ann Li" in page
    assert "no waiting room stands for its resource" in page
    assert "Registration" not in (await visitor.get(PAGE, show="open")).text
    (failed,) = re.findall(rf'action="({PAGE}/messages/[^"]+/again[^"]*)"', page)
    again = await visitor.post(failed, {}, form_at=PAGE)
    assert "said=message-failed-again" in again.headers["location"]
    (change,) = re.findall(rf'action="({PAGE}/senders/[^"]+)"', page)
    wrong = await visitor.post(change, {"enabled": "on", "rooms": "NEWROOM = Nowhere"}, form_at=PAGE)
    assert wrong.status_code == 422
    assert "no waiting room of one of these names" in wrong.text
    for bad in ("NEWROOM", "= Hall", f"{'N' * 256} = Hall"):
        assert (await visitor.post(change, {"enabled": "on", "rooms": bad}, form_at=PAGE)).status_code == 422
    fields = {"enabled": "on", "rooms": "NEWROOM = Hall\n", "providers": "DR1 = dr@example.org"}
    assert (await visitor.post(change, fields, form_at=PAGE)).status_code == 303
    done = await visitor.post(failed, {}, form_at=PAGE)
    assert "said=message-done" in done.headers["location"]
    async with house.work() as work:
        assert await visits.is_taken(work, clinic.key, "V-1")
        (feed,) = await feeds.feeds(work, clinic.key)
        assert feed.settings.peers == ("127.0.0.0/8",)
    assert (await visitor.post(failed, {}, form_at=PAGE)).status_code == 409


async def test_a_message_is_set_aside_and_a_sender_switched_off(house: Any, clinic: Any) -> None:
    sender = f"EPIC|{clinic.facility}"
    assert await tell(house, clinic, adt(sender=sender, pid="|x")) == "AE"
    visitor = await house.signed_in(clinic.admin)
    page = (await visitor.get(PAGE)).text
    (aside,) = re.findall(rf'action="({PAGE}/messages/[^"]+/aside[^"]*)"', page)
    assert (await visitor.post(aside, {}, form_at=PAGE)).status_code == 303
    assert "Nothing failed." in (await visitor.get(PAGE, show="open")).text
    (change,) = re.findall(rf'action="({PAGE}/senders/[^"]+)"', page)
    assert (await visitor.post(change, {}, form_at=PAGE)).status_code == 303
    assert await tell(house, clinic, adt(sender=sender)) == "AR"


async def test_others_may_not(house: Any, clinic: Any) -> None:
    sender = f"EPIC|{clinic.facility}"
    await tell(house, clinic, adt(sender=sender, pid="|x"))
    admin = await house.signed_in(clinic.admin)
    page = (await admin.get(PAGE)).text
    (again,) = re.findall(rf'action="({PAGE}/messages/[^"]+/again[^"]*)"', page)
    (change,) = re.findall(rf'action="({PAGE}/senders/[^"]+)"', page)
    other = await house.clinic("Other Clinic")
    stranger = await house.signed_in(other.admin)
    for path, fields in ((again, {}), (change, {"enabled": "on"})):
        answer = await stranger.post(path.partition("?")[0], fields, form_at=PAGE)
        assert answer.status_code in (404, 422), answer.text
        assert "EPIC" not in answer.text
    member = await house.signed_in(clinic.member)
    assert (await member.get(PAGE)).status_code == 403
