"""How admins look after the link with a record system: orders, whom they mean, what was sent, sending it again."""

import base64
import json
import re
from typing import Any
from uuid import uuid4

import pytest

from openward.care import ehr, reactions
from openward.care.ehr import Answered, Order, Provider
from openward.gateway.job import handlers
from openward.gateway.request import Gate
from openward.infra.jobs import Running

pytestmark = pytest.mark.anyio

PAGE = "/clinic/ehr"


@pytest.fixture
async def clinic(house: Any) -> Any:
    made = await house.clinic("Linked Clinic")
    source = str(uuid4())
    settings = ehr.read_settings(
        {
            "enabled": True,
            "sourceId": source,
            "provider": "redox",
            "mrnIdType": "MRN",
            "procedureCodes": {"enableSummaryReports": "E"},
            "destinationIds": {"flowsheet": "f", "results": "r", "notes": "n"},
            "scheduledReports": {"onUploadEnabled": False, "cadence": "DISABLED"},
            "tags": {},
            "flowsheets": {"icode": False},
        }
    )
    async with house.work() as work:
        await ehr.put_settings(work, made.key, settings)
    made.source = source
    return made


async def ordered(house: Any, clinic: Any, mrn: str) -> Any:
    """An order for Pat Smith under this MRN, carried out; its key."""
    order = Order(
        source=clinic.source,
        number=uuid4().hex,
        procedure_code="E",
        identifiers=(("MRN", mrn),),
        first_name="Pat",
        last_name="Smith",
        birth_date="1984-03-05",
    )
    async with house.work() as work:
        ref = await ehr.keep_message(
            work, Provider.REDOX, data_model="Order", event_type="New", content=b"{}", order=order
        )
    async with house.work() as work:
        await reactions.JOBS[ehr.HANDLE].run(work, {"message": str(ref.key)})
    return ref.key


async def test_an_order_is_settled_by_hand(house: Any, clinic: Any) -> None:
    _, user = await clinic.patient("Pat Smith", mrn="old")
    _, stranger = await (await house.clinic("Other Clinic")).patient("Pat Smith", mrn="old")
    key = await ordered(house, clinic, "new")
    visitor = await house.signed_in(clinic.admin)
    assert "nobody has this MRN" in (await visitor.get(f"{PAGE}/orders")).text
    path = f"{PAGE}/orders/{key}"
    page = (await visitor.get(path)).text
    assert user in page
    assert stranger not in page
    for wrong in (stranger, "nobody", ""):
        answer = await visitor.post(path, {"patient": wrong})
        assert answer.status_code == 422, answer.text
    answer = await visitor.post(path, {"patient": user})
    assert answer.status_code == 303, answer.text
    page = (await visitor.get(answer.headers["location"])).text
    assert "Carried out" in page
    assert f"/patients/{user}" in page
    assert (await visitor.get(path)).status_code == 404
    async with house.work() as work:
        said = [one.kind for one in await ehr.deliveries(work, clinic.key)]
    assert said == [ehr.Kind.RESULTS, ehr.Kind.RESULTS]  # it failed, and then it did not


async def test_what_was_given_up_is_sent_again(house: Any, clinic: Any) -> None:
    await clinic.patient("Pat Smith", mrn="m")
    await ordered(house, clinic, "m")
    async with house.work() as work:
        (one,) = await ehr.deliveries(work, clinic.key)
        await ehr.settle(work, one.key, Answered(is_taken=False, status=400, is_final=True))
    visitor = await house.signed_in(clinic.admin)
    page = (await visitor.get(PAGE)).text
    assert "Given up" in page
    assert "400" in page
    assert "Nothing here" in (await visitor.get(f"{PAGE}?state=sent")).text
    assert (await visitor.get(f"{PAGE}?state=lost")).status_code == 400
    answer = await visitor.post(f"{PAGE}/replay", {"delivery": str(one.key)}, form_at=PAGE)
    assert answer.status_code == 303, answer.text
    assert "Waiting" in (await visitor.get(answer.headers["location"])).text
    # Nothing is set up in this installation beside the token: it says so, and goes on trying.
    jobs = handlers(Gate(house.pool, house.tools.settings, house.tools))
    await jobs[ehr.DELIVER](Running(1, ehr.DELIVER, {"delivery": str(one.key)}, 0))
    assert re.search(r"not set up|no connection|key", (await visitor.get(PAGE)).text)
    assert (await visitor.post(f"{PAGE}/push", {}, form_at=PAGE)).status_code == 303


async def test_why_nothing_was_sent_is_said_in_words(house: Any, clinic: Any) -> None:
    _, user = await clinic.patient("Pat Smith", mrn="m")
    key = await ordered(house, clinic, "m")
    reasons = ("no-upload", "covered", "no-data", "patient-gone", "not-subscribed", "not-linked", "no-destination")
    async with house.work() as work:
        await work.tx.execute(
            "insert into ehr.sync_task (name, organization, person, provider, message, state, reason, created_at)"
            " select substr(md5(random()::text), 1, 24), t.organization, t.person, t.provider, t.message, 'skipped', r,"
            " now() from ehr.sync_task t, unnest($2::text[]) r where t.message = $1",
            key,
            list(reasons),
        )
    member = await house.signed_in(clinic.member)
    page = (await member.get(f"{PAGE}/reports?state=skipped")).text
    assert page.count(f"/patients/{user}") == len(reasons)
    assert [reason for reason in reasons if reason in page] == []  # no code is left unsaid
    assert "Nothing was uploaded since the last report" in page
    assert "Reports on this patient are switched off" in page
    assert "Nothing here" in (await member.get(f"{PAGE}/reports?state=sent")).text
    assert (await member.get(f"{PAGE}/reports?state=lost")).status_code == 400
    other = await house.signed_in((await house.clinic("Other Clinic")).admin)
    assert user not in (await other.get(f"{PAGE}/reports")).text


async def test_a_report_is_shown_as_it_was_sent(house: Any, clinic: Any) -> None:
    await clinic.patient("Pat Smith", mrn="m")
    await ordered(house, clinic, "m")
    report = b"%PDF-1.7 of this test"
    async with house.work() as work:
        (result,) = await ehr.deliveries(work, clinic.key)
        row = await work.tx.fetchrow(
            "select key, person, message from ehr.sync_task where message = $1", result.message
        )
        note = {"Note": {"FileContents": base64.b64encode(report).decode()}}
        await ehr.put_message(
            work,
            clinic.key,
            row["person"],
            row["message"],
            row["key"],
            ehr.Kind.NOTES,
            "d" * 24,
            json.dumps(note).encode(),
        )
        sent = next(one for one in await ehr.deliveries(work, clinic.key) if one.kind is ehr.Kind.NOTES)
    path = f"{PAGE}/sent/{sent.key}/report.pdf"
    member = await house.signed_in(clinic.member)
    assert path in (await member.get(PAGE)).text
    answer = await member.get(path)
    assert (answer.status_code, answer.content) == (200, report)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("inline")
    async with house.work() as work:
        noted = await work.tx.fetchval(
            "select count(*) from audit.entry where what = 'ehr-notes' and patient = $1", row["person"]
        )
    assert noted >= 1
    other = await house.signed_in((await house.clinic("Other Clinic")).admin)
    for wrong in (path, f"{PAGE}/sent/{uuid4()}/report.pdf", f"{PAGE}/sent/{result.key}/report.pdf"):
        assert (await other.get(wrong)).status_code == 404
    assert (await member.get(f"{PAGE}/sent/{result.key}/report.pdf")).status_code == 404  # an answer has no report


async def test_settings_are_shown_to_the_staff(house: Any, clinic: Any) -> None:
    page = (await (await house.signed_in(clinic.member)).get(f"{PAGE}/settings")).text
    assert clinic.source in page
    assert "Switch reports on" in page
    unlinked = await house.signed_in((await house.clinic("Other Clinic")).member)
    assert "not linked" in (await unlinked.get(f"{PAGE}/settings")).text


async def test_who_may(house: Any, clinic: Any) -> None:
    key = await ordered(house, clinic, "nobody")
    member = await house.signed_in(clinic.member)
    other = await house.signed_in((await house.clinic("Other Clinic")).admin)
    for path in (f"{PAGE}/orders", f"{PAGE}/orders/{key}"):
        assert (await member.get(path)).status_code == 403
    seen = (await member.get(PAGE)).text  # what was sent is for all of the staff, without the buttons
    assert "Answer to an order" in seen
    assert "Push new figures" not in seen
    for act in ("replay", "push"):
        assert (await member.post(f"{PAGE}/{act}", {}, form_at="/me")).status_code == 403
    assert (await other.get(f"{PAGE}/orders/{key}")).status_code == 404
    assert "No orders yet" in (await other.get(f"{PAGE}/orders")).text
    assert "not linked" in (await other.get(PAGE)).text
    assert (await other.get(f"{PAGE}/orders?before=x")).status_code == 400
