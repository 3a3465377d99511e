"""Order events: the order is read, the patient made once, the reports switched on and off."""

import asyncio
import secrets
from typing import Any

import pytest

from openward.care import ehr, identity
from openward.care.ehr import Provider
from openward.care.identity import Identifier, System
from openward.care.work import OrganizationKey, PersonKey
from tests.wire.xealth.conftest import Linked, put_link, settings_of

pytestmark = pytest.mark.anyio


def _mrn() -> str:
    return secrets.token_hex(5)


async def _entered(linked: Linked, mrn: str, patient: dict[str, Any], tags: list[str] | None = None) -> str:
    """Go through the form; the tracking id."""
    tracking = (await linked.preorder(linked.patient(mrn))).json()["dataTrackingId"]
    form = {"dataTrackingId": tracking, "userInput": {"patient": patient, "tags": {"ids": tags or []}}}
    answer = await linked.preorder(linked.patient(mrn), form)
    assert answer.json() == {}, answer.text
    return str(tracking)


async def _is_active(linked: Linked, user_id: str) -> bool | None:
    async with linked.clinic.house.work() as work:
        clinic = await identity.resolve(work, Identifier(System.CLINIC, linked.clinic.body["id"]))
        person = await identity.resolve(work, Identifier(System.USER, user_id))
        found = await ehr.subscription(work, OrganizationKey(clinic), PersonKey(person), Provider.XEALTH)
    return None if found is None else found.is_active


async def _kept(linked: Linked) -> list[tuple[str, str]]:
    """Event type and status of the kept orders of the clinic, oldest first."""
    async with linked.clinic.house.work() as work:
        clinic = await identity.resolve(work, Identifier(System.CLINIC, linked.clinic.body["id"]))
        found = await ehr.messages(work, OrganizationKey(clinic))
    return [(one.ref.event_type, one.status.value) for one in reversed(found)]


async def test_an_order_makes_the_patient_of_its_form(linked: Linked) -> None:
    mrn, email = _mrn(), f"{secrets.token_hex(6)}@example.org"
    tags = [
        (await linked.clinic.member("POST", f"{linked.clinic.path}/patient_tags", {"name": name})).json()["id"]
        for name in ("Kept", "Gone")
    ]
    entered = {"email": email, "connectDexcom": True, "connectAbbott": False}
    tracking = await _entered(linked, mrn, entered, [*tags, "0" * 24])
    await linked.clinic.admin("DELETE", f"{linked.clinic.path}/patient_tags/{tags[1]}")
    order = await linked.ordered(mrn, tracking=tracking)
    answer = await linked.notify(order)
    assert (answer.status_code, answer.content) == (200, b"")
    (made,) = await linked.patients(mrn)
    assert (made["fullName"], made["birthDate"], made["email"]) == ("Pat Q Smith", "1990-02-03", email)
    assert made["tags"] == [tags[0]]
    assert [(source["providerName"], source["state"]) for source in made["dataSources"]] == [("dexcom", "pending")]
    assert len(made["connectionRequests"]["dexcom"]) == 1
    assert "custodian" in made["permissions"]
    assert await _is_active(linked, made["id"]) is True
    assert await _kept(linked) == [("New", "done")]


async def test_clouds_need_an_address(linked: Linked) -> None:
    mrn = _mrn()
    tracking = await _entered(linked, mrn, {"connectDexcom": True})
    await linked.notify(await linked.ordered(mrn, tracking=tracking))
    (made,) = await linked.patients(mrn)
    assert not made.get("dataSources")


async def test_new_and_cancel_switch_and_repeats_change_nothing(linked: Linked) -> None:
    mrn = _mrn()
    patient = await linked.clinic.patient(mrn=mrn)
    first = await linked.ordered(mrn)
    for context, is_active in (("new", True), ("new", True), ("cancel", False), ("new", False), ("cancel", False)):
        assert (await linked.notify(first, context)).status_code == 200
        assert await _is_active(linked, patient["id"]) is is_active
    assert [status for _, status in await _kept(linked)] == ["done", "repeated", "done", "repeated", "repeated"]
    assert (await linked.notify(await linked.ordered(mrn))).status_code == 200  # ordered anew
    assert await _is_active(linked, patient["id"]) is True


async def test_a_cancellation_that_overtakes_its_order_wins(linked: Linked) -> None:
    mrn = _mrn()
    patient = await linked.clinic.patient(mrn=mrn)
    order = await linked.ordered(mrn)
    await linked.notify(order, "cancel")
    await linked.notify(order, "new")
    assert await _is_active(linked, patient["id"]) is False


async def test_side_by_side_deliveries_make_one_account(linked: Linked) -> None:
    mrn = _mrn()
    tracking = await _entered(linked, mrn, {"email": f"{mrn}@example.org"})
    assert (await linked.notify(await linked.ordered(_mrn()))).status_code == 400  # from now on there is a token
    orders = [await linked.ordered(mrn, tracking=tracking) for _ in range(6)]
    # The test client holds its own loop until it is answered, hence a thread for each caller.
    calls = [asyncio.to_thread(asyncio.run, linked.notify(order)) for order in (*orders, *orders)]
    answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} == {200}
    assert len(await linked.patients(mrn)) == 1
    statuses = sorted(status for _, status in await _kept(linked))
    assert statuses == ["done"] * 6 + ["failed"] + ["repeated"] * 6


@pytest.mark.parametrize("is_unique", [False, True])
async def test_orders_of_several_people_with_one_number_make_one_account(linked: Linked, is_unique: bool) -> None:
    path = f"{linked.clinic.path}/settings/mrn"
    await linked.clinic.service("PUT", path, {"required": True, "unique": is_unique})
    mrn = _mrn()
    assert (await linked.notify(await linked.ordered(_mrn()))).status_code == 400  # from now on there is a token
    orders = []
    for place in range(8):
        born = f"1990-02-{place + 1:02}"
        tracking = (await linked.preorder(linked.patient(mrn, born=born))).json()["dataTrackingId"]
        form = {"dataTrackingId": tracking, "userInput": {"patient": {"email": f"{place}{mrn}@example.org"}}}
        assert (await linked.preorder(linked.patient(mrn, born=born), form)).json() == {}
        orders.append(await linked.ordered(mrn, tracking=tracking, born=born))
    calls = [asyncio.to_thread(asyncio.run, linked.notify(order)) for order in orders]
    answers = await asyncio.gather(*calls)
    done = [answer for answer in answers if answer.status_code == 200]
    if is_unique:
        assert len(done) == 1, [answer.text for answer in answers]
        assert {answer.status_code for answer in answers} <= {200, 400, 409}
    assert len(await linked.patients(mrn)) == len(done)


async def test_what_is_not_ours_is_answered_and_left_alone(linked: Linked) -> None:
    order = await linked.ordered(_mrn())
    for change in (
        {"eventType": "patient"},
        {"context": "update"},
        {"programId": "another"},
        {"deployment": "nowhere"},
    ):
        answer = await linked.notify(order, **change)
        assert (answer.status_code, answer.content) == (200, b"")
    assert linked.partner.reads == 0
    assert await _kept(linked) == []


async def test_orders_without_form_data_are_refused_and_may_come_again(linked: Linked) -> None:
    mrn = _mrn()
    for context in ("new", "cancel"):
        assert (await linked.notify(await linked.ordered(mrn), context)).status_code == 400
        assert (await linked.notify(await linked.ordered(mrn, tracking="unheard-of"), context)).status_code == 404
    bare = await linked.ordered(mrn)
    del linked.partner.orders[linked.deployment, bare]["datasets"]
    assert (await linked.notify(bare)).status_code == 400
    assert [status for _, status in await _kept(linked)] == ["failed"] * 5
    assert await linked.patients(mrn) == []
    order = await linked.ordered(mrn)
    assert (await linked.notify(order)).status_code == 400
    await linked.clinic.patient(mrn=mrn)
    assert (await linked.notify(order)).status_code == 200


async def test_an_address_taken_since_the_form_makes_no_account(linked: Linked) -> None:
    mrn, email = _mrn(), f"{secrets.token_hex(6)}@example.org"
    tracking = await _entered(linked, mrn, {"email": email})
    await linked.clinic.patient(email=email)
    assert (await linked.notify(await linked.ordered(mrn, tracking=tracking))).status_code == 409
    assert await linked.patients(mrn) == []


async def test_twins_by_mrn_and_birthday_are_not_guessed_at(linked: Linked) -> None:
    mrn = _mrn()
    for _ in range(2):
        await linked.clinic.patient(mrn=mrn)
    assert (await linked.notify(await linked.ordered(mrn))).status_code == 422
    assert (await linked.notify(await linked.ordered(mrn, born=None))).status_code == 400


async def test_xealth_is_asked_to_come_again_when_the_order_cannot_be_read(linked: Linked) -> None:
    mrn = _mrn()
    patient = await linked.clinic.patient(mrn=mrn)
    order = await linked.ordered(mrn)
    linked.partner.status = 503
    failed = await linked.notify(order)
    assert (failed.status_code, failed.json()["code"]) == (500, 500)
    linked.partner.status = 200
    linked.partner.orders[linked.deployment, order] = ["not", "an", "order"]
    assert (await linked.notify(order)).status_code == 500
    assert (await linked.notify("unknown")).status_code == 500
    assert await _is_active(linked, patient["id"]) is None
    await linked.ordered(mrn, order=order)
    assert (await linked.notify(order)).status_code == 200
    assert await _is_active(linked, patient["id"]) is True
    assert len(linked.partner.tokens) == 1  # failures do not lose the token


async def test_a_token_serves_until_it_ends_or_is_refused(linked: Linked) -> None:
    mrn = _mrn()
    await linked.clinic.patient(mrn=mrn)
    for _ in range(3):
        await linked.notify(await linked.ordered(mrn))
    assert len(linked.partner.tokens) == 1
    linked.partner.revoked.update(linked.partner.tokens)
    assert (await linked.notify(await linked.ordered(mrn))).status_code == 200
    assert len(linked.partner.tokens) == 2
    linked.partner.revoked.update(linked.partner.tokens)
    linked.partner.life_s = 29  # shorter than the margin: never used again
    for _ in range(2):
        assert (await linked.notify(await linked.ordered(mrn))).status_code == 200
    assert len(linked.partner.tokens) == 4


async def test_a_client_may_have_to_prove_itself_in_the_body(linked: Linked) -> None:
    mrn = _mrn()
    await linked.clinic.patient(mrn=mrn)
    linked.partner.takes_basic = False
    assert (await linked.notify(await linked.ordered(mrn))).status_code == 200


async def test_an_unknown_client_reads_nothing(linked: Linked) -> None:
    await put_link(linked.clinic.house, client_secret="another")
    assert (await linked.notify(await linked.ordered(_mrn()))).status_code == 500
    assert (linked.partner.tokens, linked.partner.reads) == ([], 0)


async def test_the_mrn_is_the_one_of_the_clinics_kind(linked: Linked) -> None:
    mrn = _mrn()
    patient = await linked.clinic.patient(mrn=mrn)
    settings = settings_of(linked.deployment, mrnIdType="Enterprise")
    await linked.clinic.service("PUT", f"{linked.clinic.path}/settings/ehr", settings)
    order = await linked.ordered(mrn)
    assert (await linked.notify(order)).status_code == 400  # "e1" is nobody's, and there was no form
    linked.partner.orders[linked.deployment, order]["patientIdentity"]["ids"][0]["id"] = mrn
    assert (await linked.notify(order)).status_code == 200
    assert await _is_active(linked, patient["id"]) is True
