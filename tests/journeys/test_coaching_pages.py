"""Coaching by its pages in a real browser: a plan is made, kept to on a telephone, and looked at in charts."""

import re
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.journeys.test_clinic_pages import PASSWORD, House, call, said, sign_in
from tests.journeys.test_pages import CHROMIUM, FLAGS, TOKEN, check

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}: apt-get install chromium"),
    pytest.mark.xdist_group("browser"),
]
WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "has_touch": True}


@pytest.fixture(scope="module")
async def pair(live_server: tuple[str, Path]) -> AsyncIterator[House]:
    """A coach of a clinic, and a patient of it who signs in himself; nothing is agreed yet."""
    url, _ = live_server
    given = {"x_tidepool_server_name": "test", "x_tidepool_server_secret": "test-service-secret"}
    service = call(url, "POST", "/auth/serverlogin", **given)[1][TOKEN]
    people = {}
    for name in ("Vera Lind", "Nina Brandt"):
        email = f"{secrets.token_hex(5)}@openward.test"
        made, _ = call(url, "POST", "/auth/user", body={"username": email, "emails": [email], "password": PASSWORD})
        call(url, "PUT", f"/auth/user/{made['userid']}", service, {"updates": {"emailVerified": True}})
        call(url, "POST", f"/metadata/{made['userid']}/profile", sign_in(url, email), {"fullName": name})
        people[name] = (email, made["userid"])
    coach, (patient, user_id) = people["Vera Lind"][0], people["Nina Brandt"]
    about = {"name": "Brook Coaching", "timezone": "Europe/Berlin", "preferredBgUnits": "mg/dL", "country": "DE"}
    clinic, _ = call(url, "POST", "/v1/clinics", sign_in(url, coach), about)
    record = {"fullName": "Nina Brandt", "birthDate": "1988-04-09", "permissions": {"view": {}, "upload": {}}}
    call(url, "POST", f"/v1/clinics/{clinic['id']}/patients/{user_id}", service, record)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield House(url, browser, coach, "", f"{patient} {user_id}")
        await browser.close()


async def test_from_a_plan_to_a_chart(pair: House) -> None:
    email, _, user_id = pair.patient.partition(" ")
    coach = await pair.visit(pair.admin, java_script_enabled=False)
    await a_plan(coach)
    await a_circle(coach, user_id)
    await a_number(coach, user_id)
    phone = await pair.visit(email, java_script_enabled=False, **PHONE)
    await a_day(phone)
    await coach.context.close()
    coach = await pair.visit(pair.admin)
    coach.on("pageerror", lambda error: pytest.fail(f"script: {error}"))
    await the_outcome(coach)
    await everything_fits(coach, [f"/patients/{user_id}/{part}" for part in ("coaching", "plan", "plan/actions/new")])
    await everything_fits(
        coach, ["/coaching", "/coaching/groups", "/calendar", f"/patients/{user_id}/plan/bundles/new"]
    )
    await phone.context.close()
    phone = await pair.visit(email, **PHONE)
    await everything_fits(phone, ["/me/plan", "/me/calendar", "/me/measurements"])
    await coach.context.close()
    await phone.context.close()


async def a_plan(page: Page) -> None:
    """A ready-made bundle, and an action that is written: to weigh, every day, in kilograms."""
    await page.get_by_role("link", name="Coaching", exact=True).click()
    await page.get_by_role("link", name="Make one for Nina Brandt").click()
    await page.get_by_role("button", name="Add Activity and sleep").click()
    await said(page, "The bundle is in the plan.")
    await page.get_by_role("link", name="Add an action").click()
    await page.get_by_label("Kind").select_option("A measurement")
    await page.get_by_label("Title").fill("Weigh yourself")
    await page.get_by_label("Instructions").fill("Without shoes")
    for day in WEEK:
        await page.get_by_label(day).check()
    await page.get_by_role("combobox", name="Measurement").first.select_option("Weight")
    await page.get_by_label("Unit").first.fill("kg")
    await page.get_by_label("Goal").first.fill("light")
    await page.get_by_label("Only a number counts as done").check()
    await page.get_by_label("Activity and sleep").check()
    await page.get_by_role("button", name="Add the action").click()
    await expect(page.get_by_role("alert")).to_have_text("Please check the marked places.")
    await expect(page.get_by_label("Goal").first).to_have_attribute("aria-invalid", "true")
    await page.get_by_label("Goal").first.fill("79.5")
    await page.get_by_role("button", name="Add the action").click()
    await said(page, "The action is in the plan.")
    await page.get_by_role("button", name="Move Weigh yourself up").click()
    await page.get_by_role("combobox", name="Measurement").first.select_option("Weight")
    await page.get_by_label("Not above").first.fill("82")
    await page.get_by_label("Unit").first.fill("kg")
    await page.get_by_role("button", name="Save").click()
    await said(page, "Saved.")


async def a_circle(page: Page, user_id: str) -> None:
    """A group is made, and the patient put into it and under a coach; the list finds her by it."""
    await page.goto("/coaching")
    await page.get_by_role("link", name="Groups", exact=True).click()
    await page.get_by_label("Name").fill("Early risers")
    await page.get_by_role("button", name="Add the group").click()
    await said(page, "The group is there. Put patients into it, on their pages of coaching.")
    await page.goto(f"/patients/{user_id}/coaching")
    await page.get_by_text("Change groups and coaches").click()
    form = page.locator("#circle")
    await form.get_by_label("Early risers").check()
    await form.get_by_label("Primary coach").select_option("Vera Lind")
    await form.get_by_role("button", name="Save").click()
    await expect(form.get_by_label("Primary coach")).to_have_attribute("aria-invalid", "true")
    await form.get_by_label("Vera Lind").first.check()
    await form.get_by_role("button", name="Save").click()
    await said(page, "Saved.")
    await page.goto("/coaching")
    await page.locator("select[name=group]").select_option("Early risers")
    await page.get_by_role("button", name="Show").click()
    await expect(page.get_by_role("row").filter(has_text="Nina Brandt")).to_contain_text("Early risers · Vera Lind")


async def a_number(page: Page, user_id: str) -> None:
    """What the patient says on the telephone is entered, and taken back."""
    await page.goto(f"/patients/{user_id}/coaching")
    await page.get_by_text("Enter a measurement").click()
    await page.get_by_role("link", name="Blood pressure", exact=True).click()
    await page.get_by_label("Upper").fill("128")
    await page.get_by_label("Lower").fill("82")
    await page.get_by_role("button", name="Save Blood pressure").click()
    await expect(page.get_by_role("listitem").filter(has_text="128/82 mmHg")).to_contain_text("by you")
    await page.get_by_role("link", name="Take back Blood pressure, 128/82 mmHg").click()
    await page.get_by_role("button", name="Take it back").click()
    await said(page, "The measurement is taken back.")
    await expect(page.get_by_text("128/82")).to_have_count(0)


async def a_day(page: Page) -> None:
    """On a telephone: something ticked off and taken back, a number refused and then kept, something left out."""
    await page.goto("/me")
    await page.get_by_role("link", name="My plan").click()
    screen = page.get_by_role("button", name="No screen in the last half hour", exact=True)
    await screen.click()
    await expect(screen).to_have_attribute("aria-pressed", "true")
    await page.get_by_role("button", name="Undo No screen in the last half hour").click()
    await expect(screen).to_have_attribute("aria-pressed", "false")
    await screen.click()
    card = page.get_by_role("listitem").filter(has_text="Weigh yourself")
    await expect(card).to_contain_text("Without shoes")
    await card.get_by_label("Weight", exact=True).fill("heavy")
    await card.get_by_role("button", name="Save Weight").click()
    await expect(card.get_by_role("alert")).to_have_text("This must be a number.")
    await card.get_by_label("Weight", exact=True).fill("82,4")
    await card.get_by_role("button", name="Save Weight").click()
    await expect(card).to_contain_text("82.4 kg")
    await card.get_by_role("button", name="Undo Weigh yourself").click()
    await card.get_by_label("Weight", exact=True).fill("82.6")
    await card.get_by_role("button", name="Save Weight").click()
    sleep = page.get_by_role("listitem").filter(has_text="Note the hours of sleep")
    await sleep.get_by_text("Leave it out").click()
    await sleep.get_by_label("Why, if you like").fill("Forgot")
    await sleep.get_by_role("button", name="Leave out").click()
    await expect(page.get_by_text("Left out: Forgot")).to_be_visible()
    await page.get_by_role("link", name=re.compile("^Today")).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("My plan")
    tall = await screen.evaluate("one => one.getBoundingClientRect().height")
    assert tall >= 44  # for a thumb


async def the_outcome(page: Page) -> None:
    """What the patient did stands in the list, and the number in the chart, read out by pointer and by keys."""
    await page.goto("/coaching")
    row = page.get_by_role("row").filter(has_text="Nina Brandt")
    await expect(row).to_contain_text("82.6")
    await expect(row).to_contain_text(re.compile(r"2 of [34]"))
    await row.get_by_role("link", name="Nina Brandt").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Nina Brandt")
    await expect(page.get_by_role("img", name=re.compile("Weigh yourself, last 31 days: done on 1"))).to_be_visible()
    chart = page.get_by_role("group", name=re.compile("^Weight: the arrow keys"))
    await expect(page.get_by_text("The newest value is above the limit of 82 kg.")).to_be_visible()
    await chart.scroll_into_view_if_needed()
    await chart.hover()
    await expect(page.locator(".readout")).to_contain_text("82.6 kg")
    await chart.focus()
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator("#said")).to_contain_text("82.6 kg")
    await page.get_by_text("1 number", exact=True).click()
    await expect(page.get_by_role("cell", name="82.6", exact=True)).to_be_visible()
    await expect(page.get_by_role("row").filter(has_text="Note the hours of sleep")).to_contain_text("Forgot")
    await page.get_by_role("link", name="Health profile").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Health profile")


async def everything_fits(page: Page, paths: list[str]) -> None:
    """Each page in the light and in the dark, on a desk and on a phone."""
    for scheme, width in (("light", 1360), ("dark", 390)):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        await page.set_viewport_size({"width": width, "height": 900})
        for path in paths:
            await page.goto(path)
            await page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
            await check(page, f"{path} {scheme} {width}")
