"""What leaves: results of orders, flowsheets and notes, each once, in order, and tried again until it is taken."""

import asyncio
import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from openward.care import ehr, identity, reactions, summaries
from openward.care.errors import Conflict, NotFound
from openward.care.identity import Identifier, System
from openward.care.work import OrganizationKey, PersonKey
from openward.gateway.job import handlers
from openward.gateway.record_push import kept_figures
from openward.gateway.request import Gate
from openward.infra.jobs import Running
from tests.wire.redox.conftest import Link
from tests.wire.redox.stand_in import Sending, observations, standing_in, stats

pytestmark = pytest.mark.anyio


@pytest.fixture
def redox() -> Iterator[Any]:
    with standing_in() as found:
        yield found


@pytest.fixture
async def sending(link: Link, redox: Any) -> Sending:
    made = Sending(link, *redox)
    await made.connect()
    return made


def results(message: Any) -> dict[str, str]:
    return {one["Code"]: one["Value"] for one in message["Orders"][0]["Results"]}


async def ordered(
    sending: Sending, code: str = "ENABLE", age: timedelta = timedelta(seconds=60), **changes: Any
) -> str:
    """Deliver an order that says all that is copied, and carry it out; its document id."""
    order = sending.link.an_order(code, **changes)
    order["Meta"]["EventDateTime"] = (datetime.now(UTC) - age).isoformat()
    order["Visit"] |= {"VisitNumber": "V-1", "AccountNumber": "A-1", "Location": {"Department": "D", "Room": None}}
    order["Order"]["Provider"] = {"ID": "doc-7", "LastName": "Gregory"}
    name = await sending.link.deliver(order)
    await sending.link.handle(name)
    return name


async def test_an_order_is_answered_and_its_report_follows(sending: Sending) -> None:
    user = (await sending.link.patient())["id"]
    await sending.summarize(user, stats(datetime.now(UTC)))
    name = await ordered(sending, number="order-1")
    await sending.settle()
    assert sending.redox.refused == []
    assert sending.kinds() == ["Results/New", "Flowsheet/New", "Notes/New"]
    result, sheet, note = sending.redox.messages
    assert results(result)["MATCHING_RESULT"] == "SUCCESS"
    assert "MATCHING_RESULT_MESSAGE" in results(result)
    answered = result["Orders"][0]
    assert (answered["ID"], answered["Status"]) == ("order-1", "Resulted")
    assert {(one["ValueType"], one["Status"]) for one in answered["Results"]} == {("String", "Final")}
    for message, destination in ((result, "r"), (sheet, "f"), (note, "n")):
        assert message["Meta"]["Destinations"] == [{"ID": destination}]
        assert message["Meta"]["Source"] == {"ID": "us", "Name": "Openward"}
        assert message["Patient"]["Identifiers"][1] == {"ID": "A1", "IDType": "mr"}
        assert message["Patient"]["Demographics"]["DOB"] == "1990-02-03"
        assert message["Visit"]["VisitNumber"] == "V-1"
        assert message["Visit"]["AccountNumber"] == "A-1"
        assert message["Visit"]["Location"] == {"Department": "D"}
    assert note["Note"]["DocumentID"] == name
    assert (note["Note"]["FileName"], note["Note"]["FileType"]) == ("report.pdf", "PDF")
    assert base64.b64decode(note["Note"]["FileContents"]).startswith(b"%PDF-")
    assert note["Note"]["Provider"]["ID"] == "doc-7"
    assert ("In target", "70 %") in kept_figures({"cgm": stats(datetime.now(UTC))}, "mg/dL")  # there are no readings
    assert note["Orders"] == [{"ID": "order-1"}]
    assert "Components" not in note["Note"]
    assert await sending.tasks() == [("sent", None)]
    assert sending.redox.asked == 1  # one token for all three
    await sending.settle()
    assert len(sending.redox.messages) == 3


async def test_figures_as_the_icode_project_asks_and_with_all_their_decimals(sending: Sending) -> None:
    user = (await sending.link.patient())["id"]
    await sending.summarize(user, stats(datetime.now(UTC)))
    await ordered(sending)
    await sending.settle()
    said = observations(sending.redox.messages[1])
    assert said["TIME_ABOVE_RANGE_VERY_HIGH_CGM"] == ("0.4", "%")
    assert said["TIME_IN_RANGE_CGM"] == ("70", "%")
    assert said["GLUCOSE_MANAGEMENT_INDICATOR"] == ("6.8", "%")
    assert said["AVERAGE_CGM"] == ("144", "mg/dL")
    assert said["STANDARD_DEVIATION_CGM"] == ("45.0", "mg/dL")
    assert said["COEFFICIENT_OF_VARIATION_CGM"] == ("31.2", "%")
    assert said["ACTIVE_WEAR_TIME_CGM"] == ("91.23", "%")
    assert said["DAYS_WITH_DATA_CGM"][0] == "14"
    assert said["REPORTING_PERIOD_START_CGM"][0].startswith("2026-02-24T12:00:00")
    assert said["REPORTING_PERIOD_END_CGM"][0].startswith("2026-03-10T12:00:00")
    assert not any(code.endswith("SMBG") for code in said)
    await sending.link.settings(flowsheets={"icode": False}, notes={"includeGMI": True})
    await ordered(sending)
    await sending.settle()
    said = observations(sending.redox.messages[-2])
    assert said["TIME_IN_RANGE_CGM"] == ("70.0000", "%")
    assert said["AVERAGE_CGM"] == ("144.1247", "mg/dL")
    assert said["COEFFICIENT_OF_VARIATION_CGM"] == ("0.3125", None)
    assert said["GLUCOSE_MANAGEMENT_INDICATOR"] == ("6.8123", "%")
    assert sending.redox.messages[-1]["Note"]["Components"][0]["Value"].startswith("6.8")
    assert sending.redox.refused == []


async def test_an_account_is_made_and_answered_once(sending: Sending) -> None:
    await ordered(sending, "CREATE_ENABLE", mrn="N1", message=5, number="o-5")
    await sending.settle()
    assert sending.kinds() == ["Results/New"]  # there is nothing to report on a new patient
    assert results(sending.redox.messages[0])["ACCOUNT_CREATION_RESULT"] == "SUCCESS"
    assert await sending.tasks() == [("skipped", "no-data")]
    await ordered(sending, "CREATE_ENABLE", mrn="N1", message=5, number="o-5")
    await sending.settle()
    assert len(sending.redox.messages) == 1
    await ordered(sending, "CREATE", mrn="N1")
    await sending.settle()
    assert results(sending.redox.messages[-1])["ACCOUNT_CREATION_RESULT"] == "FAILURE"
    await ordered(sending, "ENABLE", mrn="nobody")
    await ordered(sending, "DISABLE", mrn="N1")
    await sending.settle()
    assert [results(one).get("MATCHING_RESULT") for one in sending.redox.messages[-2:]] == ["FAILURE", "SUCCESS"]
    assert sending.redox.refused == []


async def test_only_new_uploads_are_pushed_and_a_note_replaces_the_last_one_that_was_taken(sending: Sending) -> None:
    await sending.link.settings(
        scheduledReports={"onUploadEnabled": True, "cadence": "14d", "onUploadNoteEventType": "Replace"}
    )
    user = (await sending.link.patient())["id"]
    await sending.summarize(user, stats(datetime.now(UTC) - timedelta(hours=1)))
    await ordered(sending)
    await sending.settle()
    await sending.sync(user)
    await sending.settle()
    assert (await sending.tasks())[-1] == ("skipped", "no-upload")
    await sending.summarize(user, stats(datetime.now(UTC)))
    await sending.sync(user)
    await sending.settle()
    first = sending.redox.messages[-1]["Note"]
    assert sending.kinds()[-1] == "Notes/New"
    await sending.sync(user)
    await sending.settle()
    assert (await sending.tasks())[-1] == ("skipped", "no-upload")
    await sending.summarize(user, stats(datetime.now(UTC)))
    sending.redox.faults.waiting[:] = [200, 400]  # its note is refused for good
    await sending.sync(user)
    await sending.settle()
    assert (await sending.tasks())[-1] == ("failed", None)
    await sending.sync(user)
    await sending.settle()
    last = sending.redox.messages[-1]
    assert sending.kinds()[-2:] == ["Flowsheet/New", "Notes/Replace"]
    assert last["Note"]["OriginalDocumentID"] == first["DocumentID"] != last["Note"]["DocumentID"]
    assert sending.redox.refused == []


async def test_an_order_whose_clock_is_ahead_silences_nobody(sending: Sending) -> None:
    user = (await sending.link.patient())["id"]
    await ordered(sending, age=timedelta(days=-400))
    await sending.settle()
    await sending.summarize(user, stats(datetime.now(UTC)))
    await sending.sync(user)
    await sending.settle()
    assert sending.kinds() == ["Results/New", "Flowsheet/New", "Notes/New"]


async def test_what_waited_behind_a_later_report_of_the_same_data_is_skipped(sending: Sending) -> None:
    user = (await sending.link.patient())["id"]
    sending.redox.faults.waiting[:] = [503]
    await ordered(sending)
    await sending.settle()  # the answer to the order is not taken yet, so its report waits
    await sending.summarize(user, stats(datetime.now(UTC)))
    await sending.sync(user)
    await sending.hurry()
    await sending.settle()
    assert await sending.tasks() == [("sent", None), ("skipped", "covered")]
    assert sending.kinds() == ["Results/New", "Flowsheet/New", "Notes/New"]
    async with sending.link.work() as work:
        person = await identity.resolve(work, Identifier(System.USER, user))
        await ehr.after_upload_job(work, {"person": str(person)})  # the order's report told of this upload
    await sending.settle()
    assert (await sending.tasks())[-1] == ("skipped", "covered")
    await sending.sync(user)  # somebody asks after that report: the order's own moment counts
    await sending.settle()
    assert (await sending.tasks())[-1] == ("sent", None)


async def test_what_is_not_taken_is_tried_again_to_the_letter(sending: Sending, caplog: Any) -> None:
    user = (await sending.link.patient())["id"]
    await sending.summarize(user, stats(datetime.now(UTC)))
    sending.redox.faults.waiting[:] = [503, 200, 500, 200]
    await ordered(sending)
    await sending.settle()
    assert await sending.states() == [("results", "waiting", "status-503")]
    assert await sending.tasks() == [("due", None)]  # the report waits for the answer
    for _ in range(3):
        await sending.hurry()
        await sending.settle()
    assert [state for _, state, _ in await sending.states()] == ["sent"] * 3
    assert sending.kinds() == ["Results/New", "Flowsheet/New", "Notes/New"]
    assert "Smith" not in caplog.text


async def test_what_was_taken_without_an_answer_is_sent_again_under_its_number(sending: Sending) -> None:
    user = (await sending.link.patient())["id"]
    await sending.summarize(user, stats(datetime.now(UTC)))
    sending.redox.faults.waiting[:] = ["lost", None, "cut", "lost", None, "lost"]
    await ordered(sending)
    for _ in range(6):
        await sending.settle()
        await sending.hurry()
    assert [state for _, state, _ in await sending.states()] == ["sent"] * 3
    assert sending.kinds() == ["Results/New", "Flowsheet/New", "Notes/New"]
    assert len({one["Meta"]["Message"]["ID"] for one in sending.redox.messages}) == 3
    assert sending.redox.repeats == 3  # to the letter, as the stand-in refuses any other
    assert sending.redox.refused == []


async def test_given_up_replayed_and_whose_it_is(sending: Sending) -> None:
    await sending.link.patient()
    sending.redox.faults.waiting[:] = [500] * 8
    await ordered(sending, "DISABLE")
    for _ in range(8):
        await sending.settle()
        await sending.hurry()
    assert await sending.states() == [("results", "given-up", "status-500")]
    key = await sending.delivery()
    sealed = await sending.link.pool.fetchval("select body_sealed from ehr.delivery where key = $1", key)
    assert b"Smith" not in bytes(sealed)
    async with sending.link.work() as work:
        other = await ehr.deliveries(work, sending.link.key, state=ehr.State.GIVEN_UP)
        assert [one.key for one in other] == [key]
        with pytest.raises(NotFound):
            await ehr.replay(work, OrganizationKey(uuid4()), key)
        assert await ehr.replay(work, sending.link.key) == 1
    await sending.settle()
    assert sending.kinds() == ["Results/New"]
    async with sending.link.work() as work:
        with pytest.raises(Conflict):
            await ehr.replay(work, sending.link.key, key)


async def test_a_token_is_used_until_it_ends_and_replaced_when_it_is_refused(sending: Sending) -> None:
    await sending.link.patient()
    await ordered(sending, "DISABLE")
    await sending.settle()
    sending.redox.tokens.clear()
    await ordered(sending, "DISABLE")
    await sending.settle()
    assert sending.redox.asked == 2
    sending.redox.life_s = 20  # shorter than what we keep clear of
    sending.redox.tokens.clear()
    for _ in range(2):
        await ordered(sending, "DISABLE")
        await sending.settle()
    assert sending.redox.asked == 4
    await sending.connect(key_id="another")
    await ordered(sending, "DISABLE")
    await sending.settle()
    assert (await sending.states())[-1] == ("results", "waiting", "token-refused")
    assert sending.redox.refused == ["the key is unknown"]


async def test_nobody_is_reported_on_who_is_gone_or_not_ordered_any_more(sending: Sending) -> None:
    user = (await sending.link.patient())["id"]
    await sending.summarize(user, stats(datetime.now(UTC) + timedelta(hours=1)))
    await ordered(sending)
    await sending.settle()
    await sending.sync()
    await ordered(sending, "DISABLE")
    await sending.settle()
    assert (await sending.tasks())[-1] == ("skipped", "not-subscribed")
    await ordered(sending)
    await sending.settle()
    await sending.sync()
    await sending.link.settings(enabled=False)
    await sending.settle()
    assert (await sending.tasks())[-1] == ("skipped", "not-linked")


async def test_the_cadence(sending: Sending) -> None:
    user = (await sending.link.patient())["id"]
    await sending.summarize(user, stats(datetime.now(UTC) + timedelta(hours=1)))
    await ordered(sending)
    await sending.settle()
    async with sending.link.work() as work:
        await ehr.tick_job(work, {})
    assert len(await sending.tasks()) == 1
    for expected in (2, 2):
        async with sending.link.work() as work:
            if expected == 2 and len(await sending.tasks()) == 1:
                await work.tx.execute(
                    "update ehr.cadence set last_at = last_at - interval '14 days' where organization = $1",
                    sending.link.key,
                )
            await ehr.tick_job(work, {})
        assert len(await sending.tasks()) == expected
    await sending.settle()
    assert sending.kinds()[-2:] == ["Flowsheet/New", "Notes/New"]


async def test_messages_keep_to_the_published_shapes_whatever_the_order_says(sending: Sending) -> None:
    order = sending.link.an_order("ENABLE", mrn="odd")
    order["Patient"]["Demographics"]["PhoneNumber"] = None
    order["Patient"]["Identifiers"].append({"ID": 7, "IDType": None})
    order["Visit"] = {"VisitNumber": 12, "Location": "ward"}
    order["Order"]["Procedure"]["Description"] = None
    order["Meta"]["Test"] = True
    await sending.link.handle(await sending.link.deliver(order))
    order = sending.link.an_order("ENABLE", mrn="odder", number=8)
    order["Patient"]["Demographics"] |= {"SSN": 5, "IsDeceased": "no", "PhoneNumber": "555", "Citizenship": [None, 3]}
    order["Patient"]["Extra"] = {"x": None}
    order["Visit"] = {"Location": {"Room": 136, "Facility": ["RES"], "FacilityIdentifiers": "x", "Bed": "1"}}
    order["Order"]["Procedure"] |= {"Codeset": 5, "Description": ["a"]}
    await sending.link.handle(await sending.link.deliver(order))
    await sending.settle()
    assert sending.redox.refused == []
    said = sending.redox.messages[1]
    assert said["Visit"]["Location"] == {"Room": "136", "Bed": "1"}
    assert said["Patient"]["Demographics"]["SSN"] == "5"
    assert {"IsDeceased", "PhoneNumber"}.isdisjoint(said["Patient"]["Demographics"])
    assert said["Orders"][0]["Procedure"] == {"Codeset": "5", "Code": order["Order"]["Procedure"]["Code"]}
    assert sending.redox.messages[0]["Meta"]["Test"] is True
    assert sending.redox.messages[0]["Visit"]["VisitNumber"] == "12"
    assert json.dumps(sending.redox.messages[0]).count("null") == 0


async def test_a_worker_that_dies_and_two_at_once_send_it_once(sending: Sending) -> None:
    await sending.link.patient()
    await ordered(sending, "DISABLE")
    key = await sending.delivery()
    async with sending.link.work() as work:
        claimed = await ehr.claim(work, key)  # and never heard of again
    assert claimed is not None
    await sending.settle()
    assert sending.kinds() == []
    await sending.hurry()
    job = handlers(Gate(sending.link.pool, sending.link.tools.settings, sending.link.tools))[ehr.DELIVER]
    await asyncio.gather(*(job(Running(place, ehr.DELIVER, {"delivery": str(key)}, 0)) for place in range(3)))
    assert sending.kinds() == ["Results/New"]
    await job(Running(9, ehr.DELIVER, {"delivery": str(key)}, 0))
    assert len(sending.redox.messages) == 1


async def test_an_upload_is_pushed_by_itself_where_the_clinic_wants_it(sending: Sending) -> None:
    user = (await sending.link.patient())["id"]
    await ordered(sending)
    await sending.settle()
    body = {"type": "upload", "dataSetType": "normal", "deviceId": "D", "timezone": "UTC", "deviceTags": ["cgm"]}
    made = await sending.link.call("POST", f"/v1/users/{user}/datasets", body)
    path = f"/v1/datasets/{made.json()['data']['id']}"
    moment = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    datum = {"type": "cbg", "time": moment, "deviceId": "D", "units": "mg/dL", "value": 120}
    assert (await sending.link.call("POST", f"{path}/data", [datum])).status_code == 200
    assert (await sending.link.call("PUT", path, {"dataState": "closed"})).status_code == 200
    async with sending.link.work() as work:
        person = PersonKey(await identity.resolve(work, Identifier(System.USER, user)))
        await summaries.refresh(work, person)
        await reactions.react(work)
        wanted = [one.data for one in work.tasks if one.name == ehr.AFTER_UPLOAD]
        work.tasks.clear()
        work.recorded.clear()
    assert wanted[0] == {"person": str(person)}
    async with sending.link.work() as work:
        await ehr.after_upload_job(work, wanted[0])
    await sending.settle()
    assert sending.kinds()[-2:] == ["Flowsheet/New", "Notes/New"]
    assert sending.redox.refused == []
    async with sending.link.work() as work:
        await ehr.after_upload_job(work, wanted[0])  # an upload tells of itself once
    await sending.settle()
    assert (await sending.tasks())[-1] == ("skipped", "no-upload")
    count = len(await sending.tasks())
    await sending.link.settings(scheduledReports={"onUploadEnabled": False, "cadence": "14d"})
    async with sending.link.work() as work:
        await ehr.after_upload_job(work, wanted[0])
    assert len(await sending.tasks()) == count
