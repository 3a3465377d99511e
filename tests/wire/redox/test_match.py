"""POST /v1/redox/match: which clinic an order means, and which of its patients."""

from typing import Any

import pytest

from openward.care import accounts, organizations
from openward.care.organizations import Profile

pytestmark = pytest.mark.anyio


def ref(name: str, **more: Any) -> dict[str, Any]:
    return {"messageRef": {"dataModel": "Order", "eventType": "New", "documentId": name} | more}


async def matched(link: Any, criteria: list[str] | None, code: str = "OTHER", **changes: Any) -> Any:
    name = await link.deliver(link.an_order(code, **changes))
    body = ref(name) | ({} if criteria is None else {"patients": {"criteria": criteria}})
    return await link.call("POST", "/v1/redox/match", body)


async def ids(link: Any, criteria: list[str], **changes: Any) -> set[str]:
    answer = await matched(link, criteria, **changes)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert ("patients" in found) == bool(found.get("patients"))
    return {one["id"] for one in found.get("patients", [])}


async def test_the_clinic_and_its_settings(link: Any) -> None:
    await link.patient()
    answer = await matched(link, None)
    assert answer.status_code == 200
    assert set(answer.json()) == {"clinic", "settings"}
    assert answer.json()["clinic"]["id"] == link.id
    assert answer.json()["settings"] == (await link.call("GET", f"{link.path}/settings/ehr")).json()


async def test_each_criterion_and_their_union(link: Any) -> None:
    same = (await link.patient())["id"]
    number = (await link.patient(fullName="Other Name", birthDate="1980-01-01"))["id"]
    name = (await link.patient(mrn="B1"))["id"]
    await link.patient(mrn="B2", fullName="pat smith")
    await link.patient(mrn="B3", fullName="Pat Q Smith")
    assert await ids(link, ["MRN"]) == {same, number}
    assert await ids(link, ["MRN_DOB"]) == {same}
    assert await ids(link, ["DOB_FULLNAME"]) == {same, name}
    assert await ids(link, ["MRN", "DOB_FULLNAME", "MRN"]) == {same, number, name}
    assert await ids(link, ["MRN"], mrn="Z") == set()
    answer = await matched(link, ["MRN", "MRN_DOB"])
    assert len(answer.json()["patients"]) == 2


async def test_without_an_mrn_nobody_is_looked_for(link: Any) -> None:
    await link.patient()
    assert await ids(link, ["DOB_FULLNAME"], mrn=None) == set()
    assert await ids(link, ["DOB_FULLNAME"], mrn=None, DOB=None) == set()


@pytest.mark.parametrize(
    "changes",
    [{"DOB": None}, {"DOB": ""}, {"DOB": "3 Feb 1990"}, {"DOB": "1990-02-30"}, {"FirstName": None}, {"LastName": ""}],
)
async def test_an_order_that_does_not_say_whom_it_means(link: Any, changes: dict[str, Any]) -> None:
    assert (await matched(link, ["MRN"], **changes)).status_code == 400
    assert (await matched(link, None, **changes)).status_code == 200


async def test_exactly_one_patient_is_switched(link: Any) -> None:
    user = (await link.patient())["id"]

    async def act(action: str, name: str) -> None:
        body = ref(name) | {"patients": {"criteria": ["MRN_DOB"], "onUniqueMatch": action}}
        assert (await link.call("POST", "/v1/redox/match", body)).status_code == 200

    names = [await link.deliver(link.an_order("OTHER")) for _ in range(2)]
    await act("ENABLE_REPORTS", names[0])
    assert await link.is_active(user) is True
    await act("DISABLE_REPORTS", names[0])
    assert await link.is_active(user) is True
    await act("DISABLE_REPORTS", names[1])
    assert await link.is_active(user) is False
    other = (await link.patient())["id"]
    await act("ENABLE_REPORTS", await link.deliver(link.an_order("OTHER")))
    assert (await link.is_active(user), await link.is_active(other)) == (False, None)


async def test_the_clinic_must_be_one(link: Any) -> None:
    name = await link.deliver(link.an_order("OTHER"))
    await link.settings(enabled=False)
    assert (await link.call("POST", "/v1/redox/match", ref(name))).status_code == 404
    await link.settings(provider="xealth")
    assert (await link.call("POST", "/v1/redox/match", ref(name))).status_code == 404
    await link.settings()
    async with link.work() as work:
        twin = await organizations.create(work, Profile(name="Oak"), admin=None)
        here = await organizations.get(work, link.key)
        await organizations.set_ehr(work, twin.key, here.ehr or {})
    assert (await link.call("POST", "/v1/redox/match", ref(name))).status_code == 409
    assert await link.order("ENABLE") == ("ignored", "clinic-ambiguous")


async def test_an_order_without_a_source(link: Any) -> None:
    order = link.an_order("OTHER")
    del order["Meta"]["Source"]
    assert (await link.call("POST", "/v1/redox/match", ref(await link.deliver(order)))).status_code == 400


async def test_bad_requests(link: Any) -> None:
    name = await link.deliver(link.an_order("OTHER"))
    admin = await link.deliver({"Meta": {"DataModel": "PatientAdmin", "EventType": "Arrival"}})
    bad: list[Any] = [
        {},
        [],
        {"messageRef": {}},
        ref("nonsense"),
        ref(name, dataModel="Results"),
        ref(name, eventType="Update"),
        ref(name) | {"patients": {}},
        ref(name) | {"patients": {"criteria": []}},
        ref(name) | {"patients": {"criteria": ["NAME"]}},
        ref(name) | {"patients": {"criteria": ["MRN"], "onUniqueMatch": "DELETE"}},
        ref(admin),
    ]
    for body in bad:
        assert (await link.call("POST", "/v1/redox/match", body)).status_code == 400, body
    assert (await link.call("POST", "/v1/redox/match", ref("0" * 24))).status_code == 404


async def test_services_only(link: Any) -> None:
    async with link.work() as work:
        account = await accounts.create(work, email=f"{link.id}@example.org", is_verified=True)
        token = await accounts.open_session(work, account.key)
    assert (await link.call("POST", "/v1/redox/match", {}, token=token)).status_code == 403
    assert (await link.call("POST", "/v1/redox/match", {}, token="nonsense")).status_code == 401
    assert (await link.client.post("/v1/redox/match", json={})).status_code == 400
