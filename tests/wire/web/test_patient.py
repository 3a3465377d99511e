"""A patient's page, its PDF and text, and a person's own page."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from openward.care import audit, observations, patients
from openward.care.observations import Measured

pytestmark = pytest.mark.anyio


@pytest.fixture
async def clinic(house: Any) -> Any:
    """A clinic with one patient who has two weeks of sensor data."""
    made = await house.clinic()
    made.person, made.user_id = await made.patient("Mia <Berg>", mrn="M 7", diagnosis_type="type1")
    await house.readings(made.person)
    return made


async def test_shows_the_report(house: Any, clinic: Any) -> None:
    page = await (await house.signed_in(clinic.member)).get(f"/patients/{clinic.user_id}")
    assert page.status_code == 200
    text = page.text
    assert "Mia &lt;Berg&gt;" in text
    assert "M 7" in text
    assert "5 Mar 1984" in text
    assert "Type 1 diabetes" in text
    assert 'data-chart="profile"' in text
    assert "130 mg/dL" in text  # the mean of 110, 150, 200 and 60
    assert "Episodes" in text
    assert "Europe/Berlin" in text
    assert "Mia" not in text.split("<title>")[1].split("</title>")[0]
    for days in (7, 30, 90):
        answer = await (await house.signed_in(clinic.member)).get(f"/patients/{clinic.user_id}", days=days)
        assert f"({days} days)" in answer.text


async def test_other_days(house: Any, clinic: Any) -> None:
    visitor = await house.signed_in(clinic.member)
    path = f"/patients/{clinic.user_id}"
    past = (datetime.now(UTC) - timedelta(days=200)).date().isoformat()
    page = await visitor.get(path, to=past)
    assert "No glucose readings in this period" in page.text
    assert "Later" in page.text
    assert "show the days up to it" in page.text
    future = await visitor.get(path, to="2999-01-01")
    assert "Later" not in future.text
    for query in ({"days": "8"}, {"days": "x"}, {"to": "x"}, {"to": "0001-01-01"}):
        assert (await visitor.get(path, **query)).status_code == 400


async def test_who_may_open_it(house: Any, clinic: Any) -> None:
    other = await house.clinic("Other")
    foreign = await house.signed_in(other.admin)
    stranger = await house.signed_in(await house.person())
    for ending in ("", "/report.pdf", "/report.txt"):
        path = f"/patients/{clinic.user_id}{ending}"
        assert (await foreign.get(path)).status_code == 404
        assert (await stranger.get(path)).status_code == 404
        assert (await house.visitor().get(path)).status_code == 303
    mine = await house.signed_in(clinic.member)
    assert (await mine.get(f"/patients/{clinic.user_id}", clinic=other.public)).status_code == 404
    assert (await mine.get("/patients/0000000000")).status_code == 404
    assert (await mine.get("/patients/not-an-id")).status_code == 404
    async with house.work() as work:
        await patients.remove(work, clinic.key, clinic.person)
    assert (await mine.get(f"/patients/{clinic.user_id}")).status_code == 404


async def test_pdf_and_text(house: Any, clinic: Any) -> None:
    visitor = await house.signed_in(clinic.member)
    pdf = await visitor.get(f"/patients/{clinic.user_id}/report.pdf", days="7")
    assert pdf.content.startswith(b"%PDF-")
    assert pdf.headers["content-type"] == "application/pdf"
    assert "attachment" in pdf.headers["content-disposition"]
    assert "Mia" not in pdf.headers["content-disposition"]
    text = await visitor.get(f"/patients/{clinic.user_id}/report.txt")
    assert text.headers["content-type"].startswith("text/plain")
    assert "Name: Mia <Berg>" in text.text
    assert "Mean glucose: 130 mg/dL" in text.text


async def test_looks_and_exports_are_noted(house: Any, clinic: Any) -> None:
    visitor = await house.signed_in(clinic.member)
    await visitor.get(f"/patients/{clinic.user_id}")
    await visitor.get(f"/patients/{clinic.user_id}/report.pdf")
    async with house.work() as work:
        found = await audit.search(work, audit.Query(patient=clinic.person, actor=clinic.member.key))
    noted = {(one.action, one.what, one.route, one.organization) for one in found}
    page, pdf = "GET /patients/{userId}", "GET /patients/{userId}/report.pdf"
    assert ("read", "glucose-report", page, clinic.key) in noted
    assert ("export", "glucose-report", pdf, clinic.key) in noted
    assert not any(action == "export" and route == page for action, _, route, _ in noted)


async def test_a_clinic_that_counts_in_mmol(house: Any) -> None:
    clinic = await house.clinic(units="mmol/L")
    person, user_id = await clinic.patient("Mo Mol")
    await house.readings(person)
    page = await (await house.signed_in(clinic.member)).get(f"/patients/{user_id}")
    assert "7.2 mmol/L" in page.text
    assert "mg/dL" not in page.text


async def test_finger_sticks_alone(house: Any) -> None:
    clinic = await house.clinic()
    person, user_id = await clinic.patient("Fin Stick")
    await house.readings(person, kind="smbg")
    page = await (await house.signed_in(clinic.member)).get(f"/patients/{user_id}")
    assert "Readings in ranges" in page.text
    assert "Finger-stick readings only" in page.text
    assert 'data-chart="modal-day"' in page.text


@pytest.mark.parametrize(("days", "words"), [(0.5, "less than a full day"), (3, "GMI is withheld")])
async def test_too_few_data_are_said_in_words(house: Any, days: float, words: str) -> None:
    clinic = await house.clinic()
    person, user_id = await clinic.patient("Fe Few")
    await house.readings(person, days=days)
    page = await (await house.signed_in(clinic.member)).get(f"/patients/{user_id}")
    assert words in page.text
    assert 'data-chart="profile"' not in page.text


async def test_no_data_says_what_to_do(house: Any) -> None:
    clinic = await house.clinic()
    _, user_id = await clinic.patient("No Data")
    page = await (await house.signed_in(clinic.member)).get(f"/patients/{user_id}")
    assert "Nothing has arrived yet" in page.text
    assert "report.pdf" not in page.text


async def test_ones_own_page(house: Any) -> None:
    account = await house.person("Own Page")
    clinic = await house.clinic("Share Clinic", units="mmol/L")
    async with house.work() as work:
        permissions = frozenset({patients.Permission.VIEW})
        await patients.enrol(work, clinic.key, account.key, patients.Joining(permissions=permissions, full_name="Own"))
    await house.readings(account.key)
    visitor = await house.signed_in(account)
    page = await visitor.get("/me")
    assert "Own Page" in page.text
    assert account.email in page.text
    assert "Share Clinic" in page.text
    assert "may see your data" in page.text
    assert "7.2 mmol/L" in page.text
    assert (await visitor.get("/me/report.pdf")).content.startswith(b"%PDF-")
    assert "Name: Own Page" in (await visitor.get("/me/report.txt")).text
    assert (await visitor.get("/patients")).status_code == 403


async def test_latest_measurements(house: Any, clinic: Any) -> None:
    at = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    measured = [
        Measured("weight", at, value=81.5, unit="kg", canonical=179.7),
        Measured("weight", at - timedelta(days=9), value=83, unit="kg", canonical=183),
        Measured("blood_pressure", at, systolic=120, diastolic=80, unit="mmhg"),
        Measured("nausea_level", at, other="<mild>"),
        Measured("blood_glucose", at, value=100, unit="mg/dl", canonical=100),
    ]
    async with house.work() as work:
        await observations.record(work, clinic.key, [(clinic.person, one) for one in measured])
    page = (await (await house.signed_in(clinic.member)).get(f"/patients/{clinic.user_id}")).text
    table = page.split("Latest measurements</h2>")[1].split("</table>")[0]
    for shown in ("Weight", "81.5 <small>kg", "120/80 <small>mmHg", "&lt;mild&gt;", "2 Mar 2026"):
        assert shown in table
    assert "83" not in table
    assert "glucose" not in table.lower()
    other = await house.clinic("Other")
    async with house.work() as work:
        await patients.enrol(work, other.key, clinic.person, patients.Joining(permissions=frozenset({"view"})))
    page = (await (await house.signed_in(other.member)).get(f"/patients/{clinic.user_id}")).text
    assert "Latest measurements" not in page
