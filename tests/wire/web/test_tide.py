"""The weekly review: its sections and figures, its choices, its refusals, and how many queries it takes."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from openward.care import organizations, roster
from openward.care.patients import DataSource
from openward.care.summaries import Kind

pytestmark = pytest.mark.anyio


def stats(hours: int = 1, **figures: float) -> Any:
    """A sensor summary of 14 days as clinics keep it, with shares that add up to one."""
    shares = {
        "timeInVeryLowPercent": 0.0,
        "timeInLowPercent": 0.02,
        "timeInAnyLowPercent": 0.02,
        "timeInTargetPercent": 0.8,
        "timeInHighPercent": 0.18,
        "timeInAnyHighPercent": 0.18,
        "timeInVeryHighPercent": 0.0,
        "timeCGMUsePercent": 0.9,
    }
    last = (datetime.now(UTC) - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"id": "0" * 24, "config": {}, "dates": {"lastData": last}, "periods": {"14d": shares | figures}}


@pytest.fixture
async def clinic(house: Any) -> Any:
    """A clinic with a patient in each of some categories, and one whose connection broke."""
    made = await house.clinic("Lake & Hill <Clinic>")
    async with house.work() as work:
        made.pump = (await organizations.create_tag(work, made.key, "Pump <1>")).key
    kept = {
        "Änne Good": stats(),
        "Bo Low": stats(timeInVeryLowPercent=0.03, timeInAnyLowPercent=0.06, timeInTargetPercentDelta=-0.204),
        "Cy Drop": stats(timeInTargetPercentDelta=-0.16, glucoseManagementIndicator=7.1),
        "Di Broken": stats(hours=10, timeCGMUsePercent=0.4),
    }
    made.ids = {}
    for name, document in kept.items():
        sources = (DataSource("dexcom", "error"),) if name == "Di Broken" else None
        tags = (made.pump,) if name in ("Bo Low", "Cy Drop") else ()
        person, made.ids[name] = await made.patient(name, tags=tags, data_sources=sources, birth_date=date(1984, 3, 5))
        async with house.work() as work:
            await roster.put_summary(work, person, Kind.CGM, document)
    await made.patient("Ed Never", mrn="<b>&")
    return made


def sections(page: Any) -> dict[str, list[str]]:
    """Who stands under which title."""
    assert page.status_code == 200, page.text
    found = {}
    for part in page.text.split('<section class="need')[1:]:
        title = re.search(r"<h2[^>]*>([^<]*?) <span", part)
        assert title
        found[title[1]] = re.findall(r'<td class="name"[^>]*><a href="[^"]*">([^<]*)</a>', part)
    return found


async def test_everybody_stands_where_the_need_is_greatest(house: Any, clinic: Any) -> None:
    page = await (await house.signed_in(clinic.member)).get("/review")
    assert sections(page) == {
        "Very low": ["Bo Low"],
        "Getting worse": ["Cy Drop"],
        "Little sensor use": ["Di Broken"],
        "Meeting targets": ["Änne Good"],
        "No recent data": ["Ed Never", "Di Broken"],
    }
    assert "Lake &amp; Hill &lt;Clinic&gt;" in page.text
    assert "MRN &lt;b&gt;&amp;" in page.text
    assert "Dexcom broken connection" in page.text
    assert "More than 1 % of the time below 54 mg/dL" in page.text
    assert "−20<" in page.text
    assert "7.1 %" in page.text
    assert f'href="/patients/{clinic.ids["Bo Low"]}"' in page.text
    assert page.text.count("<script") == 0


async def test_the_choices(house: Any, clinic: Any) -> None:
    visitor = await house.signed_in(clinic.member)
    found = re.search(r'name="tag" value="([0-9a-f]{24})"', (await visitor.get("/review")).text)
    assert found
    page = await visitor.get("/review", tag=found[1], since="30")
    assert set(sections(page)) == {"Very low", "Getting worse"}
    assert "patients tagged Pump &lt;1&gt;" in page.text
    week = await visitor.get("/review", period="7d", tag=found[1])
    assert sections(week) == {}
    assert "Nobody to show." in week.text


async def test_a_review_comes_back_to_the_page(house: Any, clinic: Any) -> None:
    visitor = await house.signed_in(clinic.member)
    user = clinic.ids["Bo Low"]
    path = f"/patients/{user}/review?clinic={clinic.public}"
    answer = await visitor.post(path, {"back": "/review?period=7d"}, form_at="/review")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/review?period=7d#p-{user}")
    assert "Undo" in (await visitor.get("/review")).text


@pytest.mark.parametrize("query", [{"period": "2d"}, {"since": "3"}, {"since": "x"}, {"tag": "0" * 24}])
async def test_what_cannot_be_read(house: Any, clinic: Any, query: dict[str, str]) -> None:
    assert (await (await house.signed_in(clinic.member)).get("/review", **query)).status_code == 400


async def test_only_for_the_staff(house: Any, clinic: Any) -> None:
    assert (await house.visitor().get("/review")).status_code == 303
    assert (await (await house.signed_in(await house.person())).get("/review")).status_code == 403
    other = await house.clinic("Elsewhere")
    answer = await (await house.signed_in(other.member)).get("/review", clinic=clinic.public)
    assert answer.status_code == 404
