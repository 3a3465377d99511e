"""Gathering a report from what is stored: local days, time zones, insulin, and who may look."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from openward.care import accounts, audit, devicedata, reports
from openward.care.errors import NotAllowed
from openward.care.reports import Person, Window
from openward.care.work import Actor, ActorKind, PersonKey, Work

pytestmark = pytest.mark.anyio
BERLIN = ZoneInfo("Europe/Berlin")


def at(moment: datetime, kind: str = "cbg", **more: Any) -> dict[str, Any]:
    """One datum as sent."""
    time = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    reading = {"units": "mg/dL", "value": 126} if kind in ("cbg", "smbg") else {}
    return {"type": kind, "time": time, "deviceId": "D_1", **reading, **more}


async def keep(work: Work, items: list[dict[str, Any]], **more: Any) -> PersonKey:
    """A new person with these data."""
    person = (await accounts.create(work, email=f"{uuid4().hex}@example.org", is_verified=True)).key
    body = {
        "type": "upload",
        "dataSetType": "continuous",
        "deduplicator": {"name": "org.tidepool.deduplicator.none"},
        **more,
    }
    made = await devicedata.create(work, person, devicedata.check_data_set(body))
    if items:
        target = await devicedata.lock(work, made.name)
        checked = devicedata.check_batch(items, mint_id=lambda: uuid4().hex)
        await devicedata.append(work, target, devicedata.pack_batch(checked))
    return person


async def test_days_are_the_persons_own_also_where_clocks_change(work: Work) -> None:
    # On 26 October 2025 the clocks of Berlin went back by one hour: a day of 25 hours.
    start = datetime(2025, 10, 26, 0, 0, tzinfo=BERLIN)
    end = datetime(2025, 10, 27, 0, 0, tzinfo=BERLIN)
    first = start.astimezone(UTC)
    count = int((end.astimezone(UTC) - first) / timedelta(minutes=5))
    assert count == 300
    items = [at(first + timedelta(minutes=5 * place)) for place in range(-3, count + 3)]
    person = await keep(work, items)
    report = await reports.gather(work, person, Person(), Window(1, date(2025, 10, 26), BERLIN))
    assert report.statistics is not None
    assert report.statistics.readings == 300
    assert report.strips[0].minute_of_day[0] == 0.0
    assert report.strips[0].minute_of_day[-1] == 1435.0
    assert report.statistics.active_in_window == pytest.approx(100)


async def test_insulin_and_meals(work: Work) -> None:
    noon = datetime(2026, 3, 9, 12, 0, tzinfo=BERLIN)
    hour = 3_600_000
    rate = {"deliveryType": "automated"}
    acting = {"actingType": "long", "brand": "Lantus"}
    person = await keep(
        work,
        [
            at(noon),
            at(noon, "bolus", subType="normal", normal=4.0),
            at(noon, "food", nutrition={"carbohydrate": {"net": 50, "units": "grams"}}),
            at(noon, "insulin", dose={"total": 20, "units": "Units"}, formulation={"simple": acting}),
            # The second rate begins after one hour, whatever the first one announced.
            at(noon, "basal", rate=1.0, duration=4 * hour, **rate),
            at(noon + timedelta(hours=1), "basal", rate=2.0, duration=hour, **rate),
        ],
    )
    report = await reports.gather(work, person, Person(), Window(7, date(2026, 3, 9), BERLIN))
    assert report.insulin is not None
    assert report.insulin.bolus_per_day == pytest.approx(4.0)
    assert report.insulin.basal_per_day == pytest.approx(20 + 1.0 + 2.0)
    assert report.insulin.carbs_per_day == pytest.approx(50)
    assert report.strips[-1].carbs == ((720.0, 50.0),)


async def test_a_basal_from_the_day_before_reaches_into_the_window(work: Work) -> None:
    evening = datetime(2026, 3, 8, 22, 0, tzinfo=BERLIN)
    item = at(evening, "basal", deliveryType="automated", rate=1.0, duration=6 * 3_600_000)
    person = await keep(work, [item])
    report = await reports.gather(work, person, Person(), Window(1, date(2026, 3, 9), BERLIN))
    assert report.strips[0].basal_total == pytest.approx(4.0)


async def test_finger_sticks_are_kept_apart(work: Work) -> None:
    noon = datetime(2026, 3, 9, 12, 0, tzinfo=BERLIN)
    person = await keep(work, [at(noon, "smbg"), at(noon + timedelta(hours=2), "smbg", value=180)])
    report = await reports.gather(work, person, Person(), Window(7, date(2026, 3, 9), BERLIN))
    assert report.statistics is None
    assert report.meter is not None
    assert report.meter.mean == pytest.approx(153, abs=0.01)


async def test_the_newest_reading_and_the_zone(work: Work) -> None:
    noon = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
    person = await keep(work, [at(noon, "smbg"), at(noon - timedelta(days=3))], timezone="Asia/Tokyo")
    assert await reports.last_reading(work, person) == noon
    assert (await reports.zone_of(work, person, "Europe/Berlin")).key == "Asia/Tokyo"
    empty = await keep(work, [])
    assert await reports.last_reading(work, empty) is None
    assert (await reports.zone_of(work, empty, None, "Europe/Berlin")).key == "Europe/Berlin"
    assert (await reports.zone_of(work, empty, "Not/AZone")).key == "UTC"


async def test_only_for_whoever_may_look_and_noted(work: Work) -> None:
    person = await keep(work, [])
    window = Window(7, date(2026, 3, 9), BERLIN)
    await reports.gather(work, person, Person(), window)
    assert ("read", "glucose-report", person) in [(one.action, one.what, one.patient) for one in _entries(work)]
    stranger = await accounts.create(work, email=f"{uuid4().hex}@example.org", is_verified=True)
    work.actor = Actor(ActorKind.PERSON, stranger.key)
    with pytest.raises(NotAllowed):
        await reports.gather(work, person, Person(), window)
    with pytest.raises(NotAllowed):
        await reports.last_reading(work, person)


def _entries(work: Work) -> list[audit.Entry]:
    return [one for one in work.audited if isinstance(one, audit.Entry)]
