"""Context-aware linking: into which visit, as whom, how often; and the one answer to whatever is wrong."""

import asyncio
import os
import re
import secrets
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from httpx import Response

from openward.care import accounts, subscriptions, visits
from openward.care.errors import Conflict
from openward.care.patients import Demographics, HumanName
from openward.care.subscriptions import Topic
from openward.care.visits import Role
from openward.infra.salted_text import encrypt
from tests.wire.solo.conftest import MakePractice, Practice

pytestmark = pytest.mark.anyio

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "link-into-a-visit.md"
PATIENT = {"id": "P-77", "sex": "female", "dob": "1983-08-15", "firstName": "Ada", "lastName": "Byron"}
ABOUT = Demographics(names=(HumanName("usual", "Ada Byron", "Ada", "", "Byron", ""),), birth_date=date(1983, 8, 15))


def said(**changed: Any) -> dict[str, Any]:
    link = {"user": "dr.bob", "type": "provider", "visit": "V-1001", "date": 1735732800, "patient": PATIENT}
    return link | changed


class Linked:
    """A practice with a secret, and links into it."""

    def __init__(self, practice: Practice, secret: str) -> None:
        self.practice, self.secret = practice, secret

    def text(self, link: Any) -> str:
        plain = link if isinstance(link, bytes) else msgspec.json.encode(link)
        return encrypt(self.secret, plain)

    async def follow(self, link: Any) -> Response:
        return await self.raw(quote(self.text(link), safe=""))

    async def raw(self, arg: str) -> Response:
        return await self.practice.client.get(f"/integrations/linking?arg={arg}", follow_redirects=False)


@pytest.fixture
async def a_linked(a_practice: MakePractice) -> Any:
    async def make(**more: Any) -> Linked:
        secret, number = f"secret {secrets.token_hex(8)}", secrets.token_hex(4)
        named = {"first_name": "Bob", "last_name": "Jones"}
        practice = await a_practice(
            {
                "linking_secret": secret,
                "waiting_rooms": [{"name": "First"}, {"name": "Another"}],
                "providers": [named | {"email": f"bob-{number}@example.org", "username": "dr.bob"}],
                "assistants": [named | {"email": f"amy-{number}@example.org", "username": "amy"}],
            }
            | more
        )
        return Linked(practice, secret)

    return make


@pytest.fixture
async def linked(a_linked: Any) -> Linked:
    made: Linked = await a_linked()
    return made


def refused(answer: Response) -> bool:
    return (answer.status_code, answer.json()) == (400, {"error": {"message": "Invalid link"}})


async def the_visit(linked: Linked, external_id: str = "V-1001") -> visits.Appointment:
    async with linked.practice.work() as work:
        return await visits.by_external_id(work, linked.practice.organization, external_id)


async def test_a_link_makes_what_is_missing_and_leads_to_the_call(linked: Linked) -> None:
    answer = await linked.follow(said())
    assert answer.status_code == 302, answer.text
    visit = await the_visit(linked)
    assert visit.call is not None
    assert answer.headers["location"] == f"http://openward.test/videocalls/{visit.call.id}"
    assert answer.headers["x-correlation-id"]
    assert (visit.starts_at.timestamp(), visit.status.value, visit.call.status.value) == (
        1735732800,
        "scheduled",
        "waiting",
    )
    demographics = (await linked.practice("GET", "/patients/P-77")).json()
    assert (demographics["birthDate"], demographics["gender"]) == ("1983-08-15", "female")
    assert (demographics["name"][0]["firstName"], demographics["name"][0]["lastName"]) == ("Ada", "Byron")
    async with linked.practice.work() as work:
        assert (await visits.room(work, linked.practice.organization, visit.room)).name == "First"
    again = await linked.follow(said())
    assert again.headers["location"] == answer.headers["location"]


async def test_whoever_follows_is_signed_in_to_this_visit_only(linked: Linked) -> None:
    for follower, user, role in (
        ("provider", "dr.bob", Role.PROVIDER),
        ("medicalAssistant", "amy", Role.PROVIDER),
        ("patient", "whoever", Role.PATIENT),
    ):
        answer = await linked.follow(said(type=follower, user=user))
        assert answer.status_code == 302, answer.text
        cookie = answer.headers["set-cookie"]
        name, _, rest = cookie.partition("=")
        token = rest.split(";")[0].strip('"')
        assert name == "openward_pass"
        attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
        visit = await the_visit(linked)
        assert visit.call is not None
        assert {"httponly", "samesite=lax", "max-age=900", f"path=/videocalls/{visit.call.id}"} <= attributes
        async with linked.practice.work() as work:
            found = visits.read_pass(work, token)
        assert (found.appointment, found.role) == (visit.key, role)
        assert (found.person == visit.person) == (role is Role.PATIENT)
    assert (await the_visit(linked)).status.value == "arrived"


async def test_a_user_is_found_by_mail_address_too(linked: Linked) -> None:
    async with linked.practice.work() as work:
        found = await visits.staff_named(work, linked.practice.organization, "dr.bob")
        assert found is not None
        account = (await accounts.get_many(work, [found.person]))[found.person]
    assert (await linked.follow(said(user=str(account.email).upper()))).status_code == 302


@pytest.mark.parametrize(
    ("follower", "user"), [("provider", "nobody"), ("provider", "amy"), ("medicalAssistant", "dr.bob")]
)
async def test_an_unknown_user_is_told_so_and_nothing_is_made(linked: Linked, follower: str, user: str) -> None:
    answer = await linked.follow(said(type=follower, user=user))
    assert (answer.status_code, answer.json()) == (404, {"error": {"message": "User not found"}})
    assert (await linked.practice("GET", "/patients/P-77")).status_code == 404


async def test_the_published_sample_fails_and_blanks_stand_for_plus(linked: Linked) -> None:
    sample = "BizXKL9L4EQ=YuhTK5qXNtOCmbuaHMq5tA==DUPdvDCZPiSUf0Jumt/Mr/wVWv+mr6Vzj5LnKUQtTPc="
    assert refused(await linked.raw(quote(sample, safe="")))
    text = linked.text(said())
    while "+" not in text:
        text = linked.text(said())
    assert (await linked.raw(text)).status_code == 302  # a bare plus arrives as a blank
    assert (await linked.raw(text.replace("+", "%20"))).status_code == 302


async def test_the_shown_program_makes_links(linked: Linked) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    environ = os.environ | {"LINKING_SECRET": linked.secret}
    command = [sys.executable, "-c", program, "http://openward.test"]
    done = await asyncio.to_thread(subprocess.run, command, env=environ, capture_output=True, check=True)
    base, _, arg = done.stdout.decode().strip().partition("?arg=")
    assert base == "http://openward.test/integrations/linking"
    assert (await linked.raw(arg)).status_code == 302


async def test_every_failure_gives_the_same_answer(linked: Linked) -> None:
    good = said()
    assert (await linked.follow(good)).status_code == 302
    wrong = [
        {},
        [],
        b"{",
        b"\xff",
        b"",
        *({name: value for name, value in good.items() if name != left} for left in good),
        *(good | {"patient": {name: value for name, value in PATIENT.items() if name != left}} for left in PATIENT),
        good | {"type": "admin"},
        good | {"visit": " "},
        good | {"visit": "v" * 256},
        good | {"visit": "a\x00b"},
        good | {"date": "1735732800"},
        good | {"date": -1},
        good | {"date": 1e18},
        good | {"date": True},
        good | {"patient": PATIENT | {"dob": "1983-02-30"}},
        good | {"patient": PATIENT | {"sex": "f"}},
        good | {"patient": PATIENT | {"dob": "1983-08-16"}},
        good | {"patient": PATIENT | {"id": "P-78"}},
    ]
    for link in wrong:
        assert refused(await linked.follow(link)), link
    text = linked.text(good)
    other = encrypt("another secret", msgspec.json.encode(good))
    for arg in ("", "x", quote(text[:-4]), quote(text[:59]), quote("*" + text[1:]), quote(other), "%FF", "%00" * 60):
        assert refused(await linked.raw(arg)), arg
    answer = await linked.practice.client.get("/integrations/linking", follow_redirects=False)
    assert refused(answer)
    assert (await linked.practice("GET", "/patients/P-78")).status_code == 404


async def test_the_practice_is_the_one_whose_secret_opens_the_link(a_linked: Any) -> None:
    one, other = await a_linked(), await a_linked()
    assert (await other.follow(said())).status_code == 302
    assert (await other.practice("GET", "/patients/P-77")).status_code == 200
    assert (await one.practice("GET", "/patients/P-77")).status_code == 404
    async with one.practice.work() as work:
        with pytest.raises(Conflict):
            await accounts.put_linking_secret(work, one.practice.organization, other.secret)


async def test_a_new_secret_takes_the_place_of_the_old_one_and_a_merged_ones_stays(a_linked: Any) -> None:
    source, target = await a_linked(), await a_linked()
    async with target.practice.work() as work:
        await accounts.move_linking_secrets(work, source.practice.organization, target.practice.organization)
        await accounts.put_linking_secret(work, target.practice.organization, f"{target.secret} new")
    assert refused(await target.follow(said()))
    target.secret += " new"
    for secret in (source.secret, target.secret):
        assert (await Linked(target.practice, secret).follow(said())).status_code == 302


async def test_a_link_may_be_too_old(a_linked: Any) -> None:
    linked = await a_linked(linking_max_distance=3600)
    assert refused(await linked.follow(said()))
    async with linked.practice.work() as work:
        now = int(work.now.timestamp())
    assert (await linked.follow(said(date=now - 3000))).status_code == 302


async def test_a_practice_without_rooms_has_no_visits_to_make(a_linked: Any) -> None:
    assert refused(await (await a_linked(waiting_rooms=[])).follow(said()))


async def test_a_visit_that_is_over_keeps_its_call_and_gets_none(linked: Linked) -> None:
    first = await linked.follow(said())
    for visit in ("V-1001", "V-2"):
        if visit == "V-2":
            body = {"waitingRoom": "First", "externalId": "V-2", "date": 1735732800}
            assert (await linked.practice("POST", "/patients/P-77/appointments", body)).status_code == 201
        found = await the_visit(linked, visit)
        async with linked.practice.work() as work:
            await visits.move(work, linked.practice.organization, found.key, visits.Status.CANCELLED)
    assert (await linked.follow(said())).headers["location"] == first.headers["location"]
    assert refused(await linked.follow(said(visit="V-2")))


async def test_links_followed_at_once_lead_to_one_call(linked: Linked) -> None:
    async with linked.practice.work() as work:
        made = await subscriptions.subscribe(
            work, linked.practice.organization, "http://127.0.0.1:9/", [Topic.PATIENT_CREATED, Topic.APPOINTMENT_BOOKED]
        )

    async def follow() -> str:
        async with linked.practice.work() as work:
            link = visits.Link("dr.bob", visits.Follower.PROVIDER, "V-1001", work.now, "P-77", ABOUT)
            return str((await visits.follow_link(work, linked.practice.organization, link)).call.id)

    found = await asyncio.gather(*(follow() for _ in range(6)))
    assert len(set(found)) == 1
    async with linked.practice.work() as work:
        told = await subscriptions.deliveries(work, linked.practice.organization, made.subscription.key)
    assert [one.topic for one in reversed(told)] == [Topic.PATIENT_CREATED, Topic.APPOINTMENT_BOOKED]
