"""A clinic is set up by its pages in a real browser, without scripts: team, tags, patients, and somebody who shares."""

import base64
import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.journeys.test_pages import CHROMIUM, FLAGS, TOKEN, check

PASSWORD = "walk-the-ward-2"

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}: apt-get install chromium"),
    pytest.mark.xdist_group("browser"),
]


def call(url: str, method: str, path: str, token: str = "", body: Any = None, **head: str) -> tuple[Any, Any]:
    """One call of the public API: the decoded answer and its headers."""
    sent = json.dumps(body).encode() if body is not None else None
    headers = {
        "content-type": "application/json",
        TOKEN: token,
        **{name.replace("_", "-"): head[name] for name in head},
    }
    with urlopen(Request(url + path, data=sent, headers=headers, method=method), timeout=30) as answer:
        text = answer.read()
        return (json.loads(text) if text else None), answer.headers


@dataclass(frozen=True)
class House:
    """A running installation and three people with accounts, by their addresses."""

    url: str
    browser: Browser
    admin: str
    colleague: str
    patient: str

    async def visit(self, email: str, **context: Any) -> Page:
        """A signed-in browser of this person."""
        page = await (await self.browser.new_context(base_url=self.url, **context)).new_page()
        await page.goto("/signin")
        await page.get_by_label("E-mail address").fill(email)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url(lambda address: "/signin" not in address)
        return page


@pytest.fixture(scope="module")
async def house(live_server: tuple[str, Path]) -> AsyncIterator[House]:
    """The people over the API; the clinic is still empty."""
    url, _ = live_server
    given = {"x_tidepool_server_name": "test", "x_tidepool_server_secret": "test-service-secret"}
    service = call(url, "POST", "/auth/serverlogin", **given)[1][TOKEN]
    people = {}
    for name in ("Dr Vera Lind", "Dr Omar Said", "Nina Brandt"):
        email = f"{secrets.token_hex(5)}@openward.test"
        made, _ = call(url, "POST", "/auth/user", body={"username": email, "emails": [email], "password": PASSWORD})
        user = f"/auth/user/{made['userid']}"
        call(url, "PUT", user, service, {"updates": {"emailVerified": True}})
        token = sign_in(url, email)
        call(url, "POST", f"/metadata/{made['userid']}/profile", token, {"fullName": name})
        people[name] = email
    admin, colleague, patient = people.values()
    call(url, "POST", "/v1/clinics", sign_in(url, admin), {"name": "Brook Clinic", "preferredBgUnits": "mg/dL"})
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield House(url, browser, admin, colleague, patient)
        await browser.close()


def sign_in(url: str, email: str) -> str:
    """The token of a person."""
    basic = base64.b64encode(f"{email}:{PASSWORD}".encode()).decode()
    return str(call(url, "POST", "/auth/login", authorization=f"Basic {basic}")[1][TOKEN])


async def said(page: Page, words: str) -> None:
    """The page confirms what was done."""
    await expect(page.get_by_role("status").filter(has_text=words)).to_be_visible()


async def test_a_clinic_is_set_up_without_scripts(house: House) -> None:
    page = await house.visit(house.admin, java_script_enabled=False)
    await settings_and_labels(page)
    await colleague_joins(house, page)
    await patients_come(page)
    await somebody_shares(house, page)
    await page.context.close()


async def settings_and_labels(page: Page) -> None:
    await page.get_by_role("link", name="Clinic", exact=True).click()
    await page.get_by_label("City", exact=True).fill("Salem")
    await page.get_by_label("Number 1", exact=True).fill("+1 555 0100")
    await page.get_by_role("button", name="Save the profile").click()
    await said(page, "Saved.")
    await expect(page.get_by_label("City", exact=True)).to_have_value("Salem")
    tabs = page.get_by_role("navigation", name="Pages of the clinic")
    await tabs.get_by_role("link", name="Tags").click()
    for name in ("Pump", "Pen"):
        await page.get_by_label("Name", exact=True).fill(name)
        await page.get_by_role("button", name="Add the tag").click()
        await said(page, "The tag is there.")
    await page.get_by_label("Name", exact=True).fill("P U M P")
    await page.get_by_role("button", name="Add the tag").click()
    await expect(page.get_by_role("alert")).to_have_text("There is a tag of this name already.")
    await expect(page.get_by_label("Name", exact=True)).to_have_value("P U M P")
    await page.get_by_text("Rename Pen").click()
    await page.get_by_label("New name of Pen").fill("Smart pen")
    await page.get_by_role("button", name="Save").locator("visible=true").click()
    await said(page, "new name")
    await tabs.get_by_role("link", name="Sites").click()
    await page.get_by_label("Name", exact=True).fill("Old Mill")
    await page.get_by_role("button", name="Add the site").click()
    await said(page, "The site is there.")


async def colleague_joins(house: House, page: Page) -> None:
    await page.goto("/clinic/team")
    await page.get_by_label("E-mail address").fill(house.colleague)
    await page.get_by_role("button", name="Send the invitation").click()
    await said(page, "on its way")
    invited = await house.visit(house.colleague, java_script_enabled=False)
    await expect(invited).to_have_url(f"{house.url}/me")
    await invited.get_by_role("button", name="Accept the invitation of Brook Clinic").click()
    await said(invited, "Welcome")
    await expect(invited.get_by_role("button", name="Send the invitation")).to_have_count(0)
    await invited.context.close()
    await page.goto("/clinic/team")
    await page.get_by_role("link", name="Change Dr Vera Lind").click()
    await page.get_by_label("Administrator").uncheck()
    await page.get_by_label("Member").check()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert")).to_contain_text("make somebody else one first")
    await page.goto("/clinic/team")
    await page.get_by_role("link", name="Change Dr Omar Said").click()
    await page.get_by_label("Administrator").check()
    await page.get_by_role("button", name="Save").click()
    await said(page, "Saved.")
    await expect(page.get_by_role("row", name="Dr Omar Said")).to_contain_text("Administrator")


async def patients_come(page: Page) -> None:
    await page.goto("/patients")
    for name in ("Ada Marsh", "Ben Okafor"):
        await page.get_by_role("link", name="Add a patient").click()
        await page.get_by_label("Name", exact=True).fill(name)
        await page.get_by_label("Date of birth").fill("1988-04-09")
        await page.get_by_label("Medical record number").fill(name[:3])
        await page.get_by_label("Old Mill").check()
        await page.get_by_role("button", name="Add the patient").click()
        await said(page, "The patient is in the list.")
        await page.goto("/patients")
    await page.get_by_role("link", name="Ada Marsh").click()
    await page.get_by_role("link", name="Edit").click()
    await page.get_by_label("Name", exact=True).fill("Ada B. Marsh")
    await page.get_by_label("Diagnosis").select_option("Type 1 diabetes")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Ada B. Marsh")
    await expect(page.locator(".about")).to_contain_text("Type 1 diabetes")
    await page.goto("/patients")
    await page.get_by_role("button", name="Mark Ada B. Marsh as reviewed").click()
    await page.get_by_role("button", name="Undo the review of Ada B. Marsh").wait_for()
    await page.get_by_text("Tag patients").click()
    await page.get_by_label("Choose Ben Okafor").check()
    await page.get_by_role("combobox", name="Tag", exact=True).select_option("Smart pen")
    await page.get_by_role("button", name="Add the tag").click()
    await said(page, "The tag is on these patients now.")
    await expect(page.get_by_role("row", name="Ben Okafor")).to_contain_text("Smart pen")
    await expect(page.get_by_role("row", name="Ada B. Marsh")).not_to_contain_text("Smart pen")
    await page.get_by_role("link", name="Ben Okafor").click()
    await page.get_by_text("More", exact=True).click()
    await page.get_by_role("link", name="Remove from the clinic").click()
    await page.get_by_role("button", name="Remove the patient").click()
    await said(page, "no longer with this clinic")
    await expect(page.locator("td.name")).to_have_count(1)


async def somebody_shares(house: House, page: Page) -> None:
    await page.goto("/clinic")
    code = await page.locator(".code").inner_text()
    patient = await house.visit(house.patient, java_script_enabled=False)
    await patient.get_by_label("Share with a clinic").fill(code.lower())
    await patient.get_by_role("button", name="Find the clinic").click()
    await expect(patient.get_by_role("heading", level=1)).to_have_text("Share with Brook Clinic?")
    await patient.get_by_role("button", name="Ask the clinic").click()
    await said(patient, "The clinic is asked.")
    await page.goto("/clinic/requests")
    await page.get_by_role("link", name="Accept … Nina Brandt").click()
    await page.get_by_label("Medical record number").fill("NB-1")
    await page.get_by_label("Smart pen").check()
    await page.get_by_role("button", name="Accept the patient").click()
    await said(page, "The patient is in the list")
    await patient.goto("/me")
    await expect(patient.get_by_role("region", name="Who can see this")).to_contain_text(
        "Brook Clinic may see your data"
    )
    await patient.get_by_text("Change what Brook Clinic may do").click()
    await patient.get_by_role("link", name="Stop sharing with Brook Clinic").click()
    await patient.get_by_role("button", name="Stop sharing").click()
    await said(patient, "cannot see your data any more")
    await patient.context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1360), ("dark", 390)])
async def test_the_pages_are_accessible_and_fit(house: House, scheme: Any, width: int) -> None:
    size = {"width": width, "height": 900}
    page = await house.visit(house.admin, color_scheme=scheme, viewport=size)
    token = sign_in(house.url, house.admin)
    me = call(house.url, "GET", "/auth/user", token)[0]["userid"]
    [relation], _ = call(house.url, "GET", f"/v1/clinicians/{me}/clinics", token)
    clinic = relation["clinic"]["id"]
    name = f"Lin {scheme} {width}"
    tag, _ = call(house.url, "POST", f"/v1/clinics/{clinic}/patient_tags", token, {"name": name})
    patient, _ = call(
        house.url,
        "POST",
        f"/v1/clinics/{clinic}/patients",
        token,
        {"fullName": name, "birthDate": "1990-01-01", "tags": [tag["id"]]},
    )
    invite = {"email": f"{secrets.token_hex(4)}@openward.test", "roles": ["CLINIC_MEMBER"]}
    call(house.url, "POST", f"/v1/clinics/{clinic}/invites/clinicians", token, invite)
    one = f"/patients/{patient['id']}"
    member = f"/clinic/team/{me}"
    tabs = [f"/clinic{tail}" for tail in ("", "/team", "/tags", "/sites", "/requests", "/moves")]
    deeper = [member, f"{member}/remove", f"/clinic/tags/{tag['id']}/delete"]
    for path in (
        *tabs,
        *deeper,
        "/patients",
        "/patients/new",
        "/clinics/new",
        one,
        f"{one}/edit",
        f"{one}/remove",
        "/me/share",
    ):
        await page.goto(path)
        await page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
        await check(page, f"{path} {scheme} {width}")
    await page.context.close()
