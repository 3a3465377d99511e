"""What a patient lets clinics do, on the patient's own page."""

from typing import Any

import pytest

from openward.care import patients
from openward.care.patients import Joining, Permission

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shared(house: Any) -> Any:
    """A clinic with a patient who has an account of her own and lets the clinic look and upload."""
    clinic = await house.clinic("Shared Clinic")
    clinic.person = await house.person("Ada Marsh")
    async with house.work() as work:
        joining = Joining(permissions=frozenset({Permission.VIEW, Permission.UPLOAD}))
        await patients.enrol(work, clinic.key, clinic.person.key, joining)
    return clinic


async def may(house: Any, clinic: Any) -> set[Permission] | None:
    async with house.work() as work:
        found = await patients.peek(work, clinic.key, clinic.person.key)
    return set(found.permissions) if found else None


async def test_permissions_are_shown_given_and_taken_back(house: Any, shared: Any) -> None:
    visitor = await house.signed_in(shared.person)
    page = await visitor.get("/me")
    assert "may see your data, upload data for you" in page.text
    answer = await visitor.post(f"/me/clinics/{shared.public}", {"may": "note"}, "/me")
    assert answer.headers["location"] == "/me?said=sharing-saved#h-sharing"
    assert await may(house, shared) == {Permission.NOTE}


async def test_custody_cannot_be_given(house: Any, shared: Any) -> None:
    visitor = await house.signed_in(shared.person)
    answer = await visitor.post(f"/me/clinics/{shared.public}", {"may": "custodian"}, "/me")
    assert answer.headers["location"].endswith("/stop")
    assert await may(house, shared) == {Permission.VIEW, Permission.UPLOAD}


async def test_taking_everything_back_asks_first(house: Any, shared: Any) -> None:
    visitor = await house.signed_in(shared.person)
    stop = f"/me/clinics/{shared.public}/stop"
    answer = await visitor.post(f"/me/clinics/{shared.public}", {}, "/me")
    assert answer.headers["location"] == stop
    assert "Stop sharing with Shared Clinic?" in (await visitor.get(stop)).text
    assert await may(house, shared) == {Permission.VIEW, Permission.UPLOAD}
    assert (await visitor.post(stop, {})).headers["location"].startswith("/me?said=sharing-stopped")
    assert await may(house, shared) is None
    assert (await visitor.post(stop, {}, "/me")).status_code == 303, "pressed twice"
    assert "You share your data with no clinic" in (await visitor.get("/me")).text


async def test_nobody_decides_for_somebody_else(house: Any, shared: Any) -> None:
    stranger = await house.signed_in(await house.person("Eve"))
    answer = await stranger.post(f"/me/clinics/{shared.public}", {"may": "note"}, "/me")
    assert answer.status_code == 404
    await stranger.post(f"/me/clinics/{shared.public}/stop", {}, "/me")
    assert await may(house, shared) == {Permission.VIEW, Permission.UPLOAD}
    assert (await stranger.get("/me/clinics/nonsense/stop")).status_code == 404
