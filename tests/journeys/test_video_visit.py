"""A visit by video in two real browsers with made-up cameras: check-in, waiting, seeing each other, and its end."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest
from playwright.async_api import expect

from tests.journeys.test_pages import CHROMIUM, check
from tests.journeys.video import FAULTS, Line, Practice, a_page, a_practice, check_in, sees, start

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}: apt-get install chromium"),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture(scope="module")
async def practice(live_server: tuple[str, Path], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Practice]:
    async with a_practice(*live_server, tmp_path_factory.mktemp("practice")) as made:
        yield made


@pytest.fixture(autouse=True)
def no_faults() -> Iterator[None]:
    """No script failed."""
    FAULTS.clear()
    yield
    assert FAULTS == []


def kill_servers(data_dir: Path) -> None:
    """Kill the API processes of this installation; their supervisor starts others."""
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            # A child keeps the command line of its supervisor, which names the folder.
            if (entry / "comm").read_text() == "openward-api\n" and str(data_dir) in (entry / "cmdline").read_text():
                os.kill(int(entry.name), signal.SIGKILL)


async def test_both_see_each_other_and_one_comes_back(practice: Practice) -> None:
    visit = await practice.visit()
    assert await visit.stands() == (None, "scheduled")
    patient = await a_page(practice.patients, visit.patient_url, viewport={"width": 390, "height": 844})
    assert await visit.stands() == ("waiting", "arrived")
    await check_in(patient)
    await expect(patient.get_by_text("You are next.")).to_be_visible()
    provider = await a_page(practice.providers, visit.provider_url)
    await expect(provider.get_by_text("In the waiting room")).to_be_visible()
    await expect(provider.get_by_role("heading", name="Ada Byron")).to_be_visible()
    await start(provider)
    await sees(provider)
    await sees(patient)
    assert await visit.stands() == ("on call", "in progress.exam.progress")
    kill_servers(practice.data_dir)  # pictures do not pass through them, and the pages dial in again
    await sees(provider)
    for page in (provider, patient):
        await expect(page.get_by_text("Connected", exact=True)).to_be_visible(timeout=90000)
    await provider.get_by_role("button", name="Hold").click()
    await expect(patient.get_by_text("put the call on hold")).to_be_visible()
    assert (await visit.stands())[0] == "on hold"
    await provider.get_by_role("button", name="Resume").click()
    await sees(patient)
    await patient.context.close()  # gone without a word
    patient = await a_page(practice.patients, visit.patient_url)
    await sees(patient)
    await sees(provider)
    assert (await visit.stands())[0] == "on call"
    await provider.get_by_role("button", name="Hang up").click()
    await expect(patient.get_by_role("heading", name="Thank you for your visit")).to_be_visible()
    assert (await visit.stands())[0] == "finalizing"
    await provider.get_by_label("Story").fill("Feels well.")
    await expect(provider.get_by_text("Saved", exact=True)).to_be_visible()
    await provider.get_by_role("button", name="Visit is complete").click()
    await expect(provider.get_by_role("heading", name="The visit is complete")).to_be_visible()
    assert await visit.stands() == ("complete", "completed")
    notes = await practice("GET", f"/appointments/{visit.id}/visit-note")
    assert notes[0]["responses"][0]["response"] == ["Feels well."]
    await provider.get_by_role("button", name="Sign off").click()
    await expect(provider.get_by_label("Story")).to_be_disabled()
    assert (await visit.stands())[1] == "sign off"
    for page in (patient, provider):
        await page.context.close()


async def test_a_patient_who_leaves_was_not_seen(practice: Practice) -> None:
    visit = await practice.visit()
    patient = await a_page(practice.patients, visit.patient_url)
    patient.on("dialog", lambda dialog: dialog.accept())
    await check_in(patient)
    await check(patient, "waiting room")
    await patient.get_by_role("button", name="Leave the waiting room").click()
    await expect(patient.get_by_role("heading", name="You left before your clinician came")).to_be_visible()
    assert await visit.stands() == ("LWBS", "not showed up")
    await patient.context.close()


async def test_no_camera_is_explained_and_the_visit_goes_on(practice: Practice) -> None:
    """Without any device a patient still checks in, and hears and sees the clinician."""
    visit = await practice.visit()
    refuse = "navigator.mediaDevices.getUserMedia = () => Promise.reject({ name: 'NotAllowedError' })"
    patient = await a_page(practice.patients, visit.patient_url, script=refuse)
    await expect(patient.get_by_role("alert")).to_contain_text("may not use your camera")
    await patient.get_by_role("button", name="Check in without camera").click()
    provider = await a_page(practice.providers, visit.provider_url)
    await start(provider)
    await sees(patient)
    await expect(provider.get_by_text("Ada Byron: sound only")).to_be_visible()
    second = await a_page(practice.providers, visit.provider_url)
    await expect(provider.get_by_role("heading", name="open in another window")).to_be_visible()
    await sees(patient)
    await second.get_by_role("button", name="Hang up").click()
    await second.get_by_role("button", name="Visit is incomplete").click()
    await expect(second.get_by_role("heading", name="closed as incomplete")).to_be_visible()
    assert await visit.stands() == ("incomplete", "completed")
    for page in (patient, provider, second):
        await page.context.close()


async def test_what_one_side_says_reaches_the_other_alone(practice: Practice) -> None:
    """Whatever process holds the sockets; the patient cannot do what is the provider's."""
    visit = await practice.visit()
    pages = [str(uuid4()) for _ in range(3)]
    async with aiohttp.ClientSession() as session:
        patient = await Line.dial(session, practice, visit.patient_url, pages[0])
        await patient.hear("welcome")
        provider = await Line.dial(session, practice, visit.provider_url, pages[1])
        welcome = await provider.hear("welcome")
        assert welcome["state"]["sides"]["patient"]["page"] == pages[0]
        await patient.socket.send_json({"do": "hangup"})
        assert await patient.hear("refused") == 4403
        patient = await Line.dial(session, practice, visit.patient_url, pages[0])
        await patient.hear("welcome")
        long = "v=0 " * 5000
        await provider.socket.send_json({"do": "signal", "content": {"to": pages[0], "description": long}})
        heard = await patient.hear("signal")
        assert (heard["page"], heard["content"]["description"]) == (pages[1], long)
        await provider.socket.send_json({"do": "finish", "complete": True})
        assert "can not go" in (await provider.hear("signal", "refused"))["why"]
        await provider.socket.send_json({"do": "dance"})
        assert (await provider.hear("refused"))["to"] == "dance"
        await Line.dial(session, practice, visit.patient_url, pages[2])
        assert await patient.hear("none") == 4409
