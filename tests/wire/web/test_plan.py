"""The plan as those who coach write it: actions, bundles, their order, clocks and limits; two at once; strangers."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import Response

from openward.care import coaching, identity
from openward.care.coaching import Action, PartOfDay, Plan
from openward.care.identity import System
from tests.wire.web.conftest import Clinic, House, Visitor

pytestmark = pytest.mark.anyio

FORM: dict[str, Any] = {
    "kind": "measured",
    "title": " Weigh  yourself ",
    "instructions": "Before breakfast",
    "dose": "",
    "from": "2031-05-07",
    "until": "2031-06-01",
    "day": ["1", "4"],
    "part": ["morning", "night"],
    "part-morning": "at breakfast",
    "metric-id": "",
    "metric": "weight",
    "unit": "KG",
    "goal": "79,5",
    "minimum": "30",
    "maximum": "250",
    "accepted": "",
    "tracking": "on",
    "required": "on",
}


class Editor:
    """A member of a clinic who writes the plan of a patient."""

    def __init__(self, house: House, clinic: Clinic, browser: Visitor, user_id: str, person: Any) -> None:
        self.house, self.clinic, self.browser, self.person = house, clinic, browser, person
        self.path = f"/patients/{user_id}/plan"

    async def page(self, path: str = "") -> str:
        answer = await self.browser.get(self.path + path)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def post(self, path: str, fields: dict[str, Any], form_at: str = "") -> Response:
        return await self.browser.post(
            f"{self.path}{path}?clinic={self.clinic.public}", fields, form_at=self.path + form_at
        )

    async def plan(self) -> Plan:
        async with self.house.work() as work:
            return await coaching.of_patient(work, self.clinic.key, self.person)

    async def actions(self) -> list[Action]:
        key = (await self.plan()).key
        async with self.house.work() as work:
            return await coaching.actions_of(work, [key])

    async def name(self, key: Any) -> str:
        async with self.house.work() as work:
            return await identity.name(work, key, System.TWINE)


@pytest.fixture
async def editor(house: House) -> Editor:
    """A member at the plan of a new patient."""
    clinic = await house.clinic()
    person, user_id = await clinic.patient("Ann <Ash>")
    return Editor(house, clinic, await house.signed_in(clinic.member), user_id, person)


async def test_an_action_is_made_shown_and_changed(editor: Editor) -> None:
    assert "Nothing is agreed yet." in await editor.page()
    for _ in range(2):  # a double click makes one
        answer = await editor.post("/actions/new", FORM)
        assert answer.status_code == 303, answer.text
    (action,) = await editor.actions()
    said = action.content
    assert (said.type, said.title, said.thread, said.days) == ("weight", "Weigh yourself", "weight", (1, 4))
    assert (said.is_tracked, said.is_metric_required, said.details) == (
        True,
        True,
        {"instructions": "Before breakfast"},
    )
    # The plan had no clocks: it has the clinic's now, and its days begin in Berlin.
    assert (await editor.plan()).content.time_zone == "Europe/Berlin"
    assert said.effective_from == datetime(2031, 5, 6, 22, tzinfo=UTC)
    assert said.effective_to == datetime(2031, 6, 1, 22, tzinfo=UTC)
    assert [(one.type, one.title) for one in said.windows] == [("morning", "at breakfast"), ("night", None)]
    (metric,) = said.metrics
    assert (metric.unit, metric.goal) == ("kg", {"data": {"value": 79.5, "unit": "kg"}})
    assert metric.validations == {"minimum": {"value": 30, "unit": "kg"}, "maximum": {"value": 250, "unit": "kg"}}
    page = await editor.page()
    assert "The action is in the plan." in (await editor.browser.get(answer.headers["location"])).text
    assert re.search(
        r"Morning.*Weigh yourself.*Mon, Thu · at breakfast, Night.*goal 79.5 kg.*until 1 Jun 2031", page, re.DOTALL
    )
    path = f"/actions/{await editor.name(action.key)}"
    form = await editor.page(path)
    for value in (
        'value="79.5"',
        'value="2031-05-07"',
        'value="2031-06-01"',
        'value="at breakfast"',
        "Before breakfast",
    ):
        assert value in form
    seen = re.search(r'name="seen" value="([^"]+)"', form)
    assert seen
    changed = {
        **FORM,
        "metric-id": metric.id,
        "unit": "kg",
        "goal": "79.5",
        "part": ["morning"],
        "kind": "weight",
        "seen": seen[1],
    }
    changed |= {"kind": "measured", "title": "Weigh", "until": "", "day": []}
    assert (await editor.post(path, changed, form_at=path)).status_code == 303
    (after,) = await editor.actions()
    assert (after.content.title, after.content.days, after.content.effective_to) == ("Weigh", None, None)
    assert after.content.windows == (said.windows[0],)
    assert after.content.metrics == said.metrics
    assert after.static_title == "Weigh yourself"


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"title": " "}, "title", "Give it a title"),
        ({"title": "x" * 256}, "title", "At most 255 characters"),
        ({"from": "soon"}, "from", "Choose a day"),
        ({"until": "2031-05-06"}, "until", "It cannot end before it begins"),
        ({"until": "never"}, "until", "Choose a day"),
        ({"kind": "party"}, "kind", "Choose what it is"),
        ({"metric": ""}, "metric-0", "Say what is measured"),
        ({"metric": "luck"}, "metric-0", "Choose what is measured"),
        ({"unit": "stone"}, "unit-0", "The unit is one of: lb, kg"),
        ({"goal": "thin"}, "goal-0", "This is no number"),
        ({"metric": "blood_pressure", "unit": "", "goal": "130"}, "goal-0", "Write both values"),
        ({"minimum": "a"}, "minimum-0", "This is no number"),
        ({"maximum": "3"}, "maximum-0", "This is below the lowest value"),
        ({"kind": "lab", "metric": ""}, "required", "Say what is measured first"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_cannot_be_is_said_at_its_field(
    editor: Editor, change: dict[str, str], field: str, words: str
) -> None:
    answer = await editor.post("/actions/new", FORM | change)
    assert answer.status_code == 400
    assert re.search(rf'id="f-{field}">{words}', answer.text), answer.text
    assert "Please check the marked places." in answer.text
    assert "Before breakfast" in answer.text
    assert await editor.actions() == []


async def test_two_editors_do_not_write_over_each_other(editor: Editor) -> None:
    await editor.post("/actions/new", FORM)
    (action,) = await editor.actions()
    path = f"/actions/{await editor.name(action.key)}"
    seen = re.search(r'name="seen" value="([^"]+)"', await editor.page(path))
    assert seen
    mine = {**FORM, "seen": seen[1], "title": "Mine"}
    assert (await editor.post(path, mine | {"title": "First"}, form_at=path)).status_code == 303
    refused = await editor.post(path, mine, form_at=path)
    assert refused.status_code == 409
    assert "Somebody else has changed this meanwhile" in refused.text
    assert 'value="Mine"' in refused.text
    assert (await editor.actions())[0].content.title == "First"
    again = re.search(r'name="seen" value="([^"]+)"', refused.text)
    assert again
    assert (await editor.post(path, mine | {"seen": again[1]}, form_at=path)).status_code == 303
    assert (await editor.actions())[0].content.title == "Mine"
    page = await editor.page()
    old = re.search(r'name="seen" value="([^"]+)"', page)
    assert old
    times = {"time-morning": "06:30", "time-afternoon": "12:00", "time-evening": "18:00", "time-night": "22:15"}
    settings = {"seen": old[1], "zone": "Europe/Lisbon", **times}
    assert (await editor.post("", settings)).status_code == 303
    assert (await editor.post("", settings | {"zone": "Europe/Paris"})).status_code == 409
    content = (await editor.plan()).content
    assert (content.time_zone, content.times[PartOfDay.NIGHT]) == ("Europe/Lisbon", 80100)


async def test_limits_and_clocks_of_the_whole_plan(editor: Editor) -> None:
    times = {"time-morning": "07:00", "time-afternoon": "12:00", "time-evening": "18:00", "time-night": "21:00"}
    limit = {"limit": "blood_glucose", "low": "3,9", "high": "13", "limit-unit": "mmol/L"}
    assert (await editor.post("", {**times, **limit, "zone": ""})).status_code == 303
    critical = (await editor.plan()).content.critical
    assert critical["blood_glucose"]["data"] == {
        "minimum": {"value": 3.9, "unit": "mmol/l"},
        "maximum": {"value": 13, "unit": "mmol/l"},
    }
    assert set(critical) == {"blood_glucose", "effective_from"}
    assert 'value="3.9"' in await editor.page()
    for change, words in (
        ({"limit": "luck"}, "Choose a measurement"),
        ({"low": "x"}, "This is no number"),
        ({"low": "20"}, "This is below the lower limit"),
        ({"low": "", "high": ""}, "Write at least one limit"),
        ({"limit-unit": "stone"}, "The unit is one of"),
        ({"time-night": "17:00"}, "This must be later than the part before"),
        ({"time-night": "late"}, "Write a time like 07:30"),
        ({"zone": "Moon/Crater"}, "There is no such time zone"),
    ):
        answer = await editor.post("", {**times, **limit, **change})
        assert (answer.status_code, words in answer.text) == (400, True), (change, answer.text)
    assert (await editor.post("", times)).status_code == 303  # without any line there are no limits
    assert "blood_glucose" not in (await editor.plan()).content.critical


async def test_actions_are_put_in_order_ended_and_taken_up_again(editor: Editor) -> None:
    for title in ("First", "Second", "Third"):
        plain = {"kind": "other_lifestyle", "title": title, "from": "2026-01-05", "day": ["1"], "part": "morning"}
        assert (await editor.post("/actions/new", plain)).status_code == 303
    names = {one.content.title: await editor.name(one.key) for one in await editor.actions()}

    async def order() -> list[str]:
        return re.findall(r"<strong>(First|Second|Third)</strong>", await editor.page())

    assert await order() == ["First", "Second", "Third"]
    move = {"action": names["Third"], "part": "morning", "step": "up"}
    for _ in range(3):  # further up than the top does no harm
        assert (await editor.post("/move", move, form_at="")).status_code == 303
    assert await order() == ["Third", "First", "Second"]
    assert (await editor.post("/move", move | {"action": names["First"], "step": "down"})).status_code == 303
    assert await order() == ["Third", "Second", "First"]
    assert (await editor.post("/move", move | {"part": "night"})).status_code == 404
    for _ in range(2):
        assert (await editor.post(f"/actions/{names['Third']}/end", {})).status_code == 303
    assert await order() == ["Second", "First"]
    ended = next(one for one in await editor.actions() if one.content.title == "Third")
    assert ended.content.effective_to is not None
    assert ended.content.days == (1,)
    assert "Take up again" in await editor.page()
    assert (await editor.post(f"/actions/{names['Third']}/resume", {})).status_code == 303
    assert await order() == ["Third", "Second", "First"]
    await editor.post("/actions/new", {**FORM, "title": "Later"})
    later = next(one for one in await editor.actions() if one.content.title == "Later")
    assert (await editor.post(f"/actions/{await editor.name(later.key)}/end", {})).status_code == 303
    off = next(one for one in await editor.actions() if one.content.title == "Later").content
    assert (off.days, off.effective_to is not None) == (None, True)


async def test_bundles_of_ones_own_and_ready_made(editor: Editor) -> None:
    await editor.post("/actions/new", FORM)
    (action,) = await editor.actions()
    name = await editor.name(action.key)
    fields = {"title": "Together", "type": "weight", "from": "2026-01-05", "until": "", "action": name}
    for _ in range(2):
        assert (await editor.post("/bundles/new", fields)).status_code == 303
    assert len(re.findall(r"<strong>Together</strong>", await editor.page())) == 1
    assert '<span class="tag">Together</span>' in await editor.page()
    for change, words in (
        ({"title": ""}, "Give it a title"),
        ({"until": "2026-01-04"}, "It cannot end before it begins"),
    ):
        answer = await editor.post("/bundles/new", fields | change)
        assert (answer.status_code, words in answer.text) == (400, True)
    async with editor.house.work() as work:
        (bundle,) = await coaching.bundles_of(work, [action.plan])
    path = f"/bundles/{await editor.name(bundle.key)}"
    form = await editor.page(path)
    seen = re.search(r'name="seen" value="([^"]+)"', form)
    assert seen
    assert f'value="{name}" checked' in form
    assert (
        await editor.post(path, fields | {"title": "Apart", "action": "", "seen": seen[1]}, form_at=path)
    ).status_code == 303
    assert (await editor.post(path, fields | {"seen": seen[1]}, form_at=path)).status_code == 409
    assert '<span class="tag">' not in await editor.page()
    assert (await editor.post(f"{path}/end", {})).status_code == 303
    assert ">Apart<" not in await editor.page()
    before = len(await editor.actions())
    answer = await editor.post("/start", {"start": "blood-pressure"})
    assert "The bundle is in the plan." in (await editor.browser.get(answer.headers["location"])).text
    answer = await editor.post("/start", {"start": "blood-pressure"})
    assert "in the plan already" in (await editor.browser.get(answer.headers["location"])).text
    assert len(await editor.actions()) == before + 3
    assert "goal 130/80 mmHg" in await editor.page()
    assert (await editor.post("/start", {"start": "luck"})).status_code == 400


async def test_what_programs_wrote_stays(editor: Editor) -> None:
    """An action of a type and with members that the form does not know is changed without losing them."""
    plan = await editor.plan()
    begins = datetime.now(UTC) - timedelta(days=3)
    metric = coaching.Metric("m" * 24, "grip_strength", "N", {"data": {"value": 300}, "note": "x"}, None, ["low", 2])
    content = coaching.ActionContent(
        "yoga", "Stretch", begins, metrics=(metric,), details={"video": 7}, options=["a"], identifiers=[{"system": "s"}]
    )
    async with editor.house.work() as work:
        action = await coaching.create_action(work, plan.key, content)
    path = f"/actions/{await editor.name(action.key)}"
    form = await editor.page(path)
    assert '<option value="yoga" selected>yoga</option>' in form
    assert 'value="low; 2"' in form
    day = begins.date().isoformat()
    fields = {"kind": "yoga", "title": "Stretch well", "from": day, "metric-id": "m" * 24, "metric": "grip_strength"}
    fields |= {"unit": "N", "goal": "300", "minimum": "", "maximum": "", "accepted": "low; 2", "tracking": "on"}
    assert (await editor.post(path, fields, form_at=path)).status_code == 303
    (after,) = await editor.actions()
    assert after.content == replace(action.content, title="Stretch well")


async def test_strangers_reach_nothing(house: House, editor: Editor) -> None:
    await editor.post("/actions/new", FORM)
    (action,) = await editor.actions()
    name = await editor.name(action.key)
    other = await house.clinic("Other")
    stranger = await house.signed_in(other.admin)
    _, theirs = await other.patient("Bea Birch")
    for path in ("", "/actions/new", f"/actions/{name}", "/bundles/new"):
        assert (await stranger.get(editor.path + path)).status_code == 404, path
    for path in ("", "/actions/new", f"/actions/{name}", f"/actions/{name}/end", "/bundles/new", "/start", "/move"):
        answer = await stranger.post(
            f"{editor.path}{path}?clinic={other.public}", FORM, form_at=f"/patients/{theirs}/plan"
        )
        assert answer.status_code == 404, path
    # An action of another patient is not to be had by way of one's own.
    answer = await stranger.post(
        f"/patients/{theirs}/plan/actions/{name}/end?clinic={other.public}", {}, form_at=f"/patients/{theirs}/plan"
    )
    assert answer.status_code == 404
    patient = await house.signed_in(await house.person())
    assert (await patient.get(editor.path)).status_code == 403
    assert (await house.visitor().get(editor.path)).headers["location"].startswith("/signin")
    assert (await editor.browser.post(f"{editor.path}/start", {"start": "weight"}, token="forged")).status_code == 400
    assert len(await editor.actions()) == 1
