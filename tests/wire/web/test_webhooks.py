"""How admins of a clinic look after its webhooks: the list, the log, replays, switching on again; who may."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from openward.care import identity, notices, subscriptions
from openward.care.identity import Identifier, System
from openward.care.subscriptions import EndpointDisabled, Outcome, State, Topic

pytestmark = pytest.mark.anyio

PAGE = "/clinic/webhooks"
URL = "https://receiver.example.org/hook"


@pytest.fixture
async def clinic(house: Any) -> Any:
    return await house.clinic("Hook Clinic")


async def made(visitor: Any, *topics: Topic) -> str:
    """The path of a new webhook's page."""
    chosen = [topic.value for topic in topics or (Topic.PATIENT_CREATED, Topic.APPOINTMENT_BOOKED)]
    answer = await visitor.post(PAGE, {"endpoint": URL, "topic": chosen})
    assert answer.status_code == 303, answer.text
    path: str = answer.headers["location"].partition("?")[0]
    assert "Give its key to the receiver" in (await visitor.get(answer.headers["location"])).text
    return path


async def key_of(house: Any, path: str) -> UUID:
    async with house.work() as work:
        return await identity.resolve(work, Identifier(System.SOLO, path.rpartition("/")[2]))


async def attempted(house: Any, clinic: Any, key: UUID, count: int, status: int) -> None:
    """Events that were sent once, all with this answer."""
    async with house.work() as work:
        subjects = [uuid4() for _ in range(count)]
        await subscriptions.publish(work, clinic.key, Topic.APPOINTMENT_BOOKED, *subjects)
    async with house.work() as work:
        # What was published is due when its statement ran, which may be a moment after this work began.
        work.now += timedelta(seconds=1)
        lanes = [one for one in await subscriptions.claim(work, 1000, is_failing=False) if one.subscription == key]
        batch = await subscriptions.batch(work, lanes[0], 1000)
        assert batch is not None
        outcomes = [Outcome(due, work.now, status=status) for due in batch.due]
        assert await subscriptions.settle(work, lanes[0], outcomes)
        await subscriptions.release(work, lanes)


async def states(house: Any, clinic: Any, key: UUID) -> list[State]:
    async with house.work() as work:
        return [one.state for one in await subscriptions.deliveries(work, clinic.key, key)]


async def test_made_listed_changed_and_deleted(house: Any, clinic: Any) -> None:
    visitor = await house.signed_in(clinic.admin)
    assert "No webhooks yet" in (await visitor.get(PAGE)).text
    path = await made(visitor)
    listed = (await visitor.get(PAGE)).text
    assert URL in listed
    assert "Patient created, Visit scheduled" in listed
    page = (await visitor.get(path)).text
    async with house.work() as work:
        secret = await subscriptions.secret(work, clinic.key, await key_of(house, path))
    assert secret.replace("+", "&#43;") in page or secret in page
    changed = {"endpoint": "https://new.example.org/", "topic": [Topic.EPISODE_CREATED.value]}
    assert (await visitor.post(path, changed)).status_code == 303
    listed = (await visitor.get(PAGE)).text
    assert "https://new.example.org/" in listed
    assert "Episode created" in listed
    assert "Delete this webhook?" in (await visitor.get(f"{path}/delete")).text
    for _ in range(2):
        assert (await visitor.post(f"{path}/delete", {}, PAGE)).status_code == 303, "pressed twice"
    assert "No webhooks yet" in (await visitor.get(PAGE)).text
    assert (await visitor.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"endpoint": "receiver", "topic": "patient-created"}, "whole web address"),
        ({"endpoint": URL}, "at least one event"),
        ({"endpoint": URL, "topic": "unknown"}, "at least one event"),
    ],
    ids=["address", "none", "unknown"],
)
async def test_a_bad_form_comes_back(house: Any, clinic: Any, fields: dict[str, str], words: str) -> None:
    visitor = await house.signed_in(clinic.admin)
    answer = await visitor.post(PAGE, fields)
    assert answer.status_code == 400
    assert words in answer.text
    assert fields["endpoint"] in answer.text


async def test_the_log_says_what_came_of_deliveries_and_sends_them_again(house: Any, clinic: Any) -> None:
    visitor = await house.signed_in(clinic.admin)
    path = await made(visitor)
    key = await key_of(house, path)
    await attempted(house, clinic, key, 2, 204)
    await house.pool.execute("update subscriptions.delivery set state = 'given-up' where subscription = $1", key)
    page = (await visitor.get(path)).text
    assert page.count("status 204") == 2
    assert "Replay all given up (2)" in page
    assert (await visitor.get(f"{path}?state=delivered")).text.count("status 204") == 0
    one = re.search(r'name="delivery" value="([^"]+)"', page)
    assert one
    answer = await visitor.post(f"{path}/replay", {"delivery": one[1]}, path)
    assert answer.status_code == 303
    assert sorted(await states(house, clinic, key)) == [State.GIVEN_UP, State.WAITING]
    assert (await visitor.post(f"{path}/replay", {}, path)).status_code == 303
    assert await states(house, clinic, key) == [State.WAITING] * 2
    assert (await visitor.post(f"{path}/replay", {"delivery": str(uuid4())}, path)).status_code == 404
    assert (await visitor.post(f"{path}/replay", {"delivery": "x"}, path)).status_code == 400
    assert (await visitor.get(f"{path}?state=lost")).status_code == 400


async def test_the_log_has_pages(house: Any, clinic: Any) -> None:
    visitor = await house.signed_in(clinic.admin)
    path = await made(visitor)
    await attempted(house, clinic, await key_of(house, path), 60, 500)
    first = (await visitor.get(path)).text
    assert first.count("status 500") == 50
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    second = (await visitor.get(older[1])).text
    assert second.count("status 500") == 10
    assert 'rel="prev"' in second


async def test_one_that_was_switched_off_says_so_by_mail_and_is_switched_on_again(house: Any, clinic: Any) -> None:
    visitor = await house.signed_in(clinic.admin)
    path = await made(visitor)
    key = await key_of(house, path)
    async with house.work() as work:
        work.recorded.append(EndpointDisabled(clinic.key, key, "receiver.example.org"))
    await house.pool.execute("update subscriptions.subscription set disabled_at = now() where key = $1", key)
    async with house.work() as work:
        told = await notices.history(work, recipient=clinic.admin.email)
        assert [one.template for one in told].count("webhook_disabled") == 1
        assert not await notices.history(work, recipient=clinic.member.email)
    assert "Switched off" in (await visitor.get(PAGE)).text
    assert (await visitor.post(f"{path}/enable", {}, path)).status_code == 303
    assert "Switched off" not in (await visitor.get(PAGE)).text


async def test_only_admins_of_the_clinic_see_them(house: Any, clinic: Any) -> None:
    visitor = await house.signed_in(clinic.admin)
    path = await made(visitor)
    member = await house.signed_in(clinic.member)
    other = await house.signed_in((await house.clinic("Other Clinic")).admin)
    assert f'href="{PAGE}' in (await visitor.get("/clinic")).text
    assert f'href="{PAGE}' not in (await member.get("/clinic/team")).text
    for stranger, form_at, status in ((member, "/clinic/tags", 403), (other, PAGE, 404)):
        assert (await stranger.get(path)).status_code == status
        for tail in ("/replay", "/enable", "/delete"):
            answer = await stranger.post(path + tail, {}, form_at)
            assert answer.status_code in (status, 303 if tail == "/delete" and status == 404 else status)
    assert (await member.get(PAGE)).status_code == 403
    assert (await visitor.get(path)).status_code == 200, "it is still there"
