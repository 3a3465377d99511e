"""Virtual care by its pages in a real browser: a form, a room, a booking, notes, a file, the signature."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.journeys.test_clinic_pages import PASSWORD, House, call, said, sign_in
from tests.journeys.test_pages import CHROMIUM, FLAGS, check

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}: apt-get install chromium"),
    pytest.mark.xdist_group("browser"),
]
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@pytest.fixture(scope="module")
async def practice(live_server: tuple[str, Path]) -> AsyncIterator[House]:
    """A clinic with one patient; nothing of virtual care is set up."""
    url, _ = live_server
    given = {"x_tidepool_server_name": "test", "x_tidepool_server_secret": "test-service-secret"}
    service = call(url, "POST", "/auth/serverlogin", **given)[1]["x-tidepool-session-token"]
    email = f"{secrets.token_hex(5)}@openward.test"
    made, _ = call(url, "POST", "/auth/user", body={"username": email, "emails": [email], "password": PASSWORD})
    call(url, "PUT", f"/auth/user/{made['userid']}", service, {"updates": {"emailVerified": True}})
    token = sign_in(url, email)
    call(url, "POST", f"/metadata/{made['userid']}/profile", token, {"fullName": "Dr Vera Lind"})
    clinic, _ = call(
        url,
        "POST",
        "/v1/clinics",
        token,
        {"name": "Brook Practice", "timezone": "Europe/Berlin", "preferredBgUnits": "mg/dL"},
    )
    about = {"fullName": "Ada Marsh", "birthDate": "1988-04-09"}
    patient, _ = call(url, "POST", f"/v1/clinics/{clinic['id']}/patients", token, about)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield House(url, browser, email, "", patient["id"])
        await browser.close()


async def test_from_an_empty_practice_to_a_signed_visit(practice: House) -> None:
    page = await practice.visit(practice.admin, java_script_enabled=False)
    await a_form(page)
    await a_room(page)
    await a_key(page)
    await a_visit(page, practice)
    visit = page.url.partition("?")[0]
    await a_file(page)
    await page.context.close()
    page = await practice.visit(practice.admin)
    page.on("pageerror", lambda error: pytest.fail(f"script: {error}"))
    await page.goto(visit)
    await notes(page)
    await sign_off(page)
    await everything_fits(page, practice, visit)
    await page.context.close()


async def a_form(page: Page) -> None:
    """A form is written by its buttons alone."""
    await page.goto("/clinic/practice")
    await page.get_by_role("link", name="Forms").click()
    await page.get_by_role("link", name="Write a form").click()
    await page.get_by_label("Name of the form").fill("Follow-up")
    await page.get_by_label("Section", exact=True).fill("Today")
    await page.get_by_label("Question", exact=True).fill("Story")
    await page.get_by_role("button", name="Add a question").click()
    await page.get_by_label("Question", exact=True).nth(1).fill("Hypos this week")
    await page.get_by_role("combobox", name="Answer").nth(1).select_option("one of the choices")
    await page.get_by_role("button", name="Save the form").click()
    await expect(page.get_by_role("alert")).to_have_text("Please check the marked places.")
    await page.get_by_role("textbox", name="Choices").nth(1).fill("none\none or two\nmore")
    await page.get_by_role("button", name="Save the form").click()
    await said(page, "The form is there.")
    await expect(page.get_by_role("row", name="Follow-up")).to_contain_text("Today")


async def a_room(page: Page) -> None:
    """A room that is open around the clock, so that the test may run at any time of day."""
    await page.get_by_role("navigation", name="Pages of the clinic").get_by_role("link", name="Virtual care").click()
    await page.get_by_role("link", name="Waiting rooms").click()
    await page.get_by_role("link", name="Add a waiting room").click()
    await page.get_by_label("Name").fill("Blue room")
    await page.get_by_label("Service line").fill("Diabetes")
    await page.get_by_label("Minutes of a slot").fill("30")
    await page.get_by_label("Refuse visits").check()
    await page.get_by_label("Follow-up").check()
    for day in WEEK:
        await page.get_by_label(day).fill("0:00-12:00, 12:00-24:00")
    await page.get_by_label("Monday").fill("25-26")
    await page.get_by_role("button", name="Add the waiting room").click()
    await expect(page.get_by_label("Monday")).to_have_attribute("aria-invalid", "true")
    await page.get_by_label("Monday").fill("0:00-12:00, 12:00-24:00")
    await page.get_by_role("button", name="Add the waiting room").click()
    await said(page, "The waiting room is there.")
    await expect(page.get_by_role("row", name="Blue room")).to_contain_text("30 min")


async def a_key(page: Page) -> None:
    """A key is shown once."""
    await page.goto("/clinic/practice/keys")
    await page.get_by_label("Name of the program").fill("Scheduler")
    await page.get_by_role("button", name="Make the key").click()
    secret = await page.locator(".secret").inner_text()
    await page.goto("/clinic/practice/keys")
    await expect(page.get_by_role("row", name="Scheduler")).to_contain_text("never")
    assert secret not in await page.content()


async def a_visit(page: Page, practice: House) -> None:
    """A visit is booked from the patient's page."""
    await page.goto(f"/patients/{practice.patient}")
    await page.get_by_role("link", name="Book a visit").click()
    await page.get_by_role("link", name="Day after").click()
    await page.get_by_role("radio", name="10:30").check()
    await page.get_by_label("Reasons").fill("Pump start")
    await page.get_by_role("button", name="Book the visit").click()
    await said(page, "The visit is booked.")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Ada Marsh")
    await expect(page.locator(".about")).to_contain_text("10:30")
    await page.get_by_role("button", name="Check in").click()
    await said(page, "The visit is changed.")


async def a_file(page: Page) -> None:
    """A file comes by a plain form."""
    sent: Any = {"name": "Foot.png", "mimeType": "image/png", "buffer": PNG}
    await page.get_by_label("Add a file").set_input_files(sent)
    await page.get_by_role("button", name="Upload").click()
    await said(page, "The file is with the visit.")
    async with page.expect_popup() as opened:
        await page.get_by_role("link", name="Foot.png", exact=True).click()
    shown = await opened.value
    await shown.wait_for_load_state()
    assert await shown.evaluate("document.images[0].naturalWidth") == 1
    await shown.close()


async def notes(page: Page) -> None:
    """Notes are kept while they are written, also where the line drops for a moment."""
    saved = page.get_by_text("Saved", exact=True)
    await page.get_by_label("Story").fill("Feels well.")
    await expect(saved).to_be_visible()
    await page.context.set_offline(True)
    await page.get_by_label("Hypos this week").select_option("one or two")
    await expect(page.get_by_text("It is tried again.")).to_be_visible()
    await page.context.set_offline(False)
    await expect(saved).to_be_visible(timeout=20_000)
    await page.reload()
    await expect(page.get_by_label("Story")).to_have_value("Feels well.")
    await expect(page.get_by_label("Hypos this week")).to_have_value("one or two")
    await page.get_by_text("Comment on this note").click()
    await page.get_by_label("Comment", exact=True).fill("See again in a month.")
    await page.get_by_role("button", name="Add the comment").click()
    await expect(page.locator(".remarks")).to_contain_text("Lind")


async def sign_off(page: Page) -> None:
    """A visit is completed, signed, and then closed to changes."""
    await page.get_by_role("button", name="Complete the visit").click()
    await page.get_by_role("button", name="Sign off").click()
    await said(page, "signed off")
    await expect(page.get_by_label("Story")).to_be_disabled()


async def everything_fits(page: Page, practice: House, visit: str) -> None:
    """Every page of it, in the light and in the dark, on a desk and on a phone."""
    base = "/clinic/practice"
    await page.goto(f"{base}/rooms")
    room = await page.get_by_role("link", name="Blue room").get_attribute("href")
    await page.goto(f"{base}/forms")
    form = await page.get_by_role("link", name="Follow-up").get_attribute("href")
    patient = f"/patients/{practice.patient}"
    paths = [base, *(f"{base}/{part}" for part in ("rooms", "rooms/new", "forms", "staff", "keys", "places"))]
    paths += [
        room or "",
        form or "",
        visit,
        patient,
        *(f"{patient}/{part}" for part in ("care", "book", "episodes/new")),
    ]
    for scheme, width in (("light", 1360), ("dark", 390)):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        await page.set_viewport_size({"width": width, "height": 900})
        for path in paths:
            await page.goto(path)
            await page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
            await check(page, f"{path} {scheme} {width}")
