"""The patient list: what it shows, every filter and order, its refusals, and how many queries it takes."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from openward.care import audit, organizations, patients, roster
from openward.care.summaries import Kind

pytestmark = pytest.mark.anyio


def stats(target: float | None = None, low: float = 0.02, very_low: float = 0.0, hours: int = 1, **more: Any) -> Any:
    """A sensor summary as clinics keep it, for 14 days."""
    shares = {}
    if target is not None:
        shares = {
            "timeInVeryLowPercent": very_low,
            "timeInLowPercent": low - very_low,
            "timeInAnyLowPercent": low,
            "timeInTargetPercent": target,
            "timeInHighPercent": 1 - target - low,
            "timeInVeryHighPercent": 0.0,
        }
    last = (datetime.now(UTC) - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
    period = {"totalRecords": 100, "timeCGMUsePercent": 0.9, "averageGlucoseMmol": 8.0, **shares, **more}
    return {"id": "0" * 24, "config": {}, "dates": {"lastData": last}, "periods": {"14d": period}}


@pytest.fixture
async def clinic(house: Any) -> Any:
    """A clinic with four patients: good, low, silent, and without any data."""
    made = await house.clinic("Lake & Hill <Clinic>")
    async with house.work() as work:
        made.pump = (await organizations.create_tag(work, made.key, "Pump")).key
        made.north = (await organizations.create_site(work, made.key, "North")).key
    made.good, made.good_id = await made.patient("Änne Good", mrn="G-1", tags=(made.pump,), sites=(made.north,))
    low, _ = await made.patient("Bo Low")
    silent, _ = await made.patient("Cy Silent", mrn="<b>&")
    await made.patient("Di None", birth_date=date(2015, 12, 24))
    async with house.work() as work:
        await roster.put_summary(work, made.good, Kind.CGM, stats(0.8, glucoseManagementIndicator=7.0))
        await roster.put_summary(work, low, Kind.CGM, stats(0.6, low=0.06, very_low=0.02, timeCGMUsePercent=0.5))
        await roster.put_summary(work, silent, Kind.CGM, stats(None, hours=80))
    return made


def names(page: Any) -> list[str]:
    """Who is listed, in order."""
    assert page.status_code == 200, page.text
    return re.findall(r'<td class="name"><a href="[^"]*">([^<]*)</a>', page.text)


ALL = ["Änne Good", "Bo Low", "Cy Silent", "Di None"]


async def test_shows_what_is_known_and_says_what_is_not(house: Any, clinic: Any) -> None:
    page = await (await house.signed_in(clinic.member)).get("/patients")
    assert names(page) == ALL
    assert "Lake &amp; Hill &lt;Clinic&gt;" in page.text
    assert "MRN &lt;b&gt;&amp;" in page.text
    assert "7.0 %" in page.text
    assert "144" in page.text  # 8.0 mmol/L
    assert '<span class="soft">not enough data</span>' in page.text
    assert "no data yet" in page.text
    assert "1–4 of 4" in page.text
    assert 'aria-sort="ascending"' in page.text
    assert f"/patients/{clinic.good_id}" in page.text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "anne"}, []),
        ({"q": "änne"}, ["Änne Good"]),
        ({"q": "g-1"}, ["Änne Good"]),
        ({"q": "2015-12"}, ["Di None"]),
        ({"quick": "very-low"}, ["Bo Low"]),
        ({"quick": "low"}, ["Bo Low"]),
        ({"quick": "target"}, ["Bo Low"]),
        ({"quick": "use"}, ["Bo Low"]),
        ({"quick": "very-high"}, []),
        ({"quick": "silent"}, ["Cy Silent"]),
        ({"quick": ["target", "silent"]}, []),
        ({"sort": "name", "order": "desc"}, ALL[::-1]),
        ({"sort": "target", "order": "desc"}, ["Änne Good", "Bo Low", "Cy Silent", "Di None"]),
        ({"sort": "last", "order": "desc", "q": "o"}, ["Änne Good", "Bo Low", "Di None"]),
    ],
)
async def test_search_filters_and_order(house: Any, clinic: Any, query: dict[str, Any], expected: list[str]) -> None:
    page = await (await house.signed_in(clinic.member)).get("/patients", **query)
    found = names(page)
    assert found == expected or (query.get("sort") == "last" and sorted(found) == sorted(expected))


async def test_tags_and_sites_by_their_boxes(house: Any, clinic: Any) -> None:
    visitor = await house.signed_in(clinic.member)
    page = await visitor.get("/patients")
    for box in ("tag", "site"):
        public = re.search(rf'name="{box}" value="([0-9a-f]{{24}})"', page.text)[1]
        assert names(await visitor.get("/patients", **{box: public})) == ["Änne Good"]
        assert (await visitor.get("/patients", **{box: "f" * 24})).status_code == 400


async def test_patients_of_a_group(house: Any, clinic: Any) -> None:
    async with house.work() as work:
        group = await organizations.create_group(work, clinic.key, "Early <birds>")
        await patients.put_groups(work, clinic.key, {clinic.good: [group.key]})
    visitor = await house.signed_in(clinic.member)
    page = await visitor.get("/patients")
    public, count = re.search(
        r'name="group" value="([0-9a-f]{24})"> Early &lt;birds&gt; <span class="soft num">(\d+)', page.text
    ).groups()
    assert count == "1"
    assert names(await visitor.get("/patients", group=public)) == ["Änne Good"]
    assert "Early &lt;birds&gt;" in (await visitor.get(f"/patients/{clinic.good_id}")).text


async def test_links_keep_what_was_asked(house: Any, clinic: Any) -> None:
    page = await (await house.signed_in(clinic.member)).get("/patients", q="o", quick="low", period="7d")
    sort = re.search(r'<th scope="col"[^>]*><a href="([^"]*)">Time in ranges', page.text)[1]
    assert sort == "/patients?q=o&amp;period=7d&amp;sort=target&amp;quick=low"
    assert "(4 in all)" in page.text


@pytest.mark.parametrize("query", [{"sort": "x"}, {"period": "2d"}, {"quick": "x"}, {"page": "-1"}, {"page": "x"}])
async def test_addresses_of_nobody(house: Any, clinic: Any, query: dict[str, str]) -> None:
    assert (await (await house.signed_in(clinic.member)).get("/patients", **query)).status_code == 400


async def test_who_may_see_which_list(house: Any, clinic: Any) -> None:
    other = await house.clinic("Other")
    stranger = await house.signed_in(await house.person())
    assert (await stranger.get("/patients")).status_code == 403
    foreign = await house.signed_in(other.member)
    assert names(await foreign.get("/patients")) == []
    assert "No patients yet" in (await foreign.get("/patients")).text
    assert (await foreign.get("/patients", clinic=clinic.public)).status_code == 404


async def test_switching_between_clinics(house: Any, clinic: Any) -> None:
    other = await house.clinic("Aaa Clinic", units="mmol/L")
    async with house.work() as work:
        member = clinic.member
        roles = [organizations.Role.MEMBER]
        await organizations.add_member(work, other.key, person=member.key, email=member.email, roles=roles)
    visitor = await house.signed_in(clinic.member)
    first = await visitor.get("/patients")
    assert names(first) == []
    assert f'href="/patients?clinic={clinic.public}"' in first.text
    assert "Below 3.0 over 1 %" in first.text
    chosen = await visitor.get("/patients", clinic=clinic.public)
    assert names(chosen) == ALL
    assert f"/patients/{clinic.good_id}?clinic={clinic.public}" in chosen.text


async def test_mmol_of_a_clinic_that_counts_so(house: Any) -> None:
    clinic = await house.clinic("Mmol", units="mmol/L")
    person, _ = await clinic.patient("Eva Mol")
    async with house.work() as work:
        await roster.put_summary(work, person, Kind.CGM, stats(0.8))
    page = await (await house.signed_in(clinic.member)).get("/patients")
    assert "<span>8.0</span>" in page.text


async def test_pages_of_fifty_in_a_fixed_number_of_queries(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic = await house.clinic("Large")
    for number in range(3):
        await clinic.patient(f"Pat {number:03d}")
    visitor = await house.signed_in(clinic.member)
    few = await _queries(visitor, monkeypatch)
    for number in range(3, 52):
        await clinic.patient(f"Pat {number:03d}")
    assert await _queries(visitor, monkeypatch) == few
    page = await visitor.get("/patients")
    assert len(names(page)) == 50
    assert "1–50 of 52" in page.text
    second = await visitor.get("/patients", page="1")
    assert names(second) == ["Pat 050", "Pat 051"]
    assert "51–52 of 52" in second.text
    assert "past the end" in (await visitor.get("/patients", page="9")).text


async def _queries(visitor: Any, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many statements one look at the list sends, the audit's own left out."""
    seen: list[str] = []
    before = asyncpg.Connection._execute

    async def counting(self: Any, query: str, *args: Any, **more: Any) -> Any:
        seen.append(query)
        return await before(self, query, *args, **more)

    with monkeypatch.context() as patched:
        patched.setattr(asyncpg.Connection, "_execute", counting)
        assert (await visitor.get("/patients")).status_code == 200
    assert seen
    return len([one for one in seen if "audit" not in one])


async def test_each_patient_shown_is_noted(house: Any, clinic: Any) -> None:
    visitor = await house.signed_in(clinic.member)
    await visitor.get("/patients", q="änne")
    async with house.work() as work:
        found = await audit.search(work, audit.Query(patient=clinic.good, actor=clinic.member.key))
    assert [(one.action, one.organization, one.route) for one in found] == [("read", clinic.key, "GET /patients")]
