"""The patient's own plan: ticked off by himself alone."""

from datetime import timedelta

import pytest

from openward.care import coaching, identity, patients
from openward.care.coaching import ActionContent, PartOfDay, Window
from openward.care.identity import System
from openward.care.patients import Joining, Permission
from tests.wire.web.conftest import House

pytestmark = pytest.mark.anyio


async def test_a_patient_ticks_off_what_is_due(house: House) -> None:
    clinic = await house.clinic()
    account = await house.person("Ana Ruiz")
    async with house.work() as work:
        await patients.enrol(work, clinic.key, account.key, Joining(frozenset({Permission.VIEW}), full_name="Ana Ruiz"))
        plan = await coaching.of_patient(work, clinic.key, account.key)
        content = ActionContent(
            "other_lifestyle",
            "Walk <far>",
            work.now - timedelta(days=3),
            days=tuple(range(7)),
            windows=(Window("a" * 24, PartOfDay.NIGHT), Window("b" * 24, PartOfDay.MORNING, "At breakfast")),
        )
        action = await coaching.create_action(work, plan.key, content)
        name = await identity.name(work, action.key, System.TWINE)
    ana = await house.signed_in(account)
    page = (await ana.get("/me/plan")).text
    assert "0 of 2 done today" in page
    assert "Walk &lt;far&gt;" in page
    assert page.index("At breakfast") < page.index("Night")
    said = {"action": name, "window": "b" * 24, "done": "yes"}
    for _ in range(2):
        assert (await ana.post("/me/plan", said)).status_code == 303
    assert "1 of 2 done today" in (await ana.get("/me/plan")).text
    assert (await ana.post("/me/plan", said | {"window": "c" * 24})).status_code == 400
    assert "1 of 2 done today" in (await ana.get("/me/plan")).text
    assert (await ana.post("/me/plan", said | {"done": "no"})).status_code == 303
    assert "0 of 2 done today" in (await ana.get("/me/plan")).text
    stranger = await house.person("Bob Lee")
    async with house.work() as work:
        await patients.enrol(work, clinic.key, stranger.key, Joining(frozenset({Permission.VIEW}), full_name="Bob Lee"))
    bob = await house.signed_in(stranger)
    assert "nothing in your plan" in (await bob.get("/me/plan")).text
    assert (await bob.post("/me/plan", said)).status_code == 404
    assert (await bob.get("/me/plan?clinic=" + "0" * 24)).status_code == 404
