"""Rewards from the program to the fulfillment, as tokens of an organization and of groups may make and see them."""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import Response

from openward.care import identity, organizations, patients
from openward.care.identity import System
from openward.care.patients import Details
from tests.wire.contract import Contract
from tests.wire.twine.conftest import Coaching, MakeCoaching

pytestmark = pytest.mark.anyio

CONTRACT = Contract("twine", "rewards.v7")
START = datetime.now(UTC).replace(microsecond=0) - timedelta(days=30)


def at(days: float) -> str:
    """A moment so many days after the program starts."""
    return (START + timedelta(days=days)).isoformat().replace("+00:00", "Z")


def document(kind: str, attributes: dict[str, Any], **relations: tuple[str, str]) -> dict[str, Any]:
    return {
        "data": {
            "type": kind,
            "attributes": attributes,
            "relationships": {name: {"data": {"type": other, "id": key}} for name, (other, key) in relations.items()},
        }
    }


def program(group: str, **changed: Any) -> dict[str, Any]:
    said = {"name": "Walk", "start_at": at(0), "end_at": at(60), "budget_value": 100} | changed
    return document("reward_program", said, group=("group", group))


def activation(patient: str, of: str, **changed: Any) -> dict[str, Any]:
    said = {"activated_at": at(1)} | changed
    return document(
        "reward_program_activation", said, patient=("patient", patient), reward_program=("reward_program", of)
    )


def reward(of: str, **changed: Any) -> dict[str, Any]:
    said = {"description": "Walk daily", "allocated_value": 40, "allocated_at": at(2)} | changed
    return document("reward", said, reward_program_activation=("reward_program_activation", of))


def earning(of: str, **changed: Any) -> dict[str, Any]:
    said = {"earned_value": 30, "earned_at": at(5)} | changed
    return document("reward_earning", said, reward=("reward", of))


def fulfillment(of: str, **changed: Any) -> dict[str, Any]:
    said = {"fulfilled_value": 30, "fulfilled_at": at(6)} | changed
    return document("reward_earning_fulfillment", said, reward_earning=("reward_earning", of))


async def a_patient(coaching: Coaching, *groups: str) -> str:
    """The id of a new patient in these groups."""
    async with coaching.work() as work:
        person = (await patients.create_custodial(work, coaching.organization, Details("Ada Byron", None))).person
        keys = {group.name: group.key for group in await organizations.groups(work, coaching.organization)}
        await patients.put_groups(work, coaching.organization, {person: [keys[name] for name in groups]})
        return await identity.name(work, person, System.TWINE)


def valid(operation: str, answer: Response) -> Any:
    """The data of an answer that is as published."""
    assert answer.status_code == 200, answer.text
    assert CONTRACT.faults(operation, 200, answer.json()) == []
    return answer.json()["data"]


def named(kind: str) -> str:
    """`reward_program` is RewardProgram in the ids of operations."""
    return "".join(part.capitalize() for part in kind.split("_"))


async def make(caller: Coaching, body: dict[str, Any]) -> Any:
    kind = body["data"]["type"]
    return valid(f"create{named(kind)}", await caller("POST", f"/{kind}", body))


async def refused(caller: Coaching, body: dict[str, Any], kind: str = "") -> list[str]:
    answer = await caller("POST", f"/{kind or body['data']['type']}", body)
    assert answer.status_code == 409, answer.text
    return [one["source"]["pointer"] for one in answer.json()["errors"]]


@dataclass(frozen=True)
class Chain:
    """The ids of one of each."""

    patient: str
    program: str
    activation: str
    reward: str
    earning: str
    fulfillment: str

    @property
    def by_kind(self) -> dict[str, str]:
        return {
            "reward_program": self.program,
            "reward_program_activation": self.activation,
            "reward": self.reward,
            "reward_earning": self.earning,
            "reward_earning_fulfillment": self.fulfillment,
        }


async def a_chain(coaching: Coaching, group: str = "Lead") -> Chain:
    patient = await a_patient(coaching, group)
    programmed = (await make(coaching, program(coaching.group(group))))["id"]
    activated = (await make(coaching, activation(patient, programmed)))["id"]
    allocated = (await make(coaching, reward(activated, _thread="walking")))["id"]
    earned = (await make(coaching, earning(allocated)))["id"]
    return Chain(patient, programmed, activated, allocated, earned, (await make(coaching, fulfillment(earned)))["id"])


async def test_from_the_program_to_the_fulfillment(coaching: Coaching) -> None:
    made = await a_chain(coaching)

    async def found(kind: str) -> Any:
        one = valid(f"fetch{named(kind)}", await coaching("GET", f"/{kind}/{made.by_kind[kind]}"))
        assert one["links"] == {"self": f"/pub/{kind}/{made.by_kind[kind]}"}
        return one["attributes"], {name: link["data"]["id"] for name, link in one["relationships"].items()}

    assert await found("reward_program") == (
        {
            "name": "Walk",
            "start_at": at(0).replace("Z", ".000Z"),
            "end_at": at(60).replace("Z", ".000Z"),
            "budget_value": 100,
            "budget_unit": "dollar",
            "duration_active": 540,
            "fulfill_as_earned": False,
            "frozen": False,
        },
        {"group": coaching.group("Lead")},
    )
    said, links = await found("reward_program_activation")
    assert said == {
        "active": True,
        "activated_at": at(1).replace("Z", ".000Z"),
        "expires_at": at(541).replace("Z", ".000Z"),
        "fulfill_as_earned": False,
        "allocated_count": 1,
        "total_allocated_value": 40,
        "earned_count": 1,
        "total_earned_value": 30,
        "budget_unit": "dollar",
    }
    assert links == {"patient": made.patient, "reward_program": made.program}
    said, links = await found("reward")
    assert (said["allocated_unit"], said["earned_value"], said["fulfilled_value"]) == ("dollar", 30, 30)
    assert (said["_thread"], "target_at" in said) == ("walking", False)
    assert links == {"patient": made.patient, "reward_program_activation": made.activation}
    said, links = await found("reward_earning")
    assert (said["ready_for_fulfillment"], said["earned_unit"], said["fulfilled_value"]) == (False, "dollar", 30)
    assert links == {
        "group": coaching.group("Lead"),
        "patient": made.patient,
        "reward_program_activation": made.activation,
        "reward": made.reward,
    }
    said, links = await found("reward_earning_fulfillment")
    assert said == {"fulfilled_value": 30, "fulfilled_unit": "dollar", "fulfilled_at": at(6).replace("Z", ".000Z")}
    assert links == {"patient": made.patient, "reward_earning": made.earning}
    groups = valid("fetchRewardProgramGroup", await coaching("GET", f"/reward_program/{made.program}/group"))
    assert [one["id"] for one in groups] == [coaching.group("Lead")]


async def test_what_cannot_be_a_program(coaching: Coaching) -> None:
    group = coaching.group("Lead")
    attributes = "/data/attributes/"
    assert await refused(coaching, program(group, end_at=at(0))) == [attributes + "end_at"]
    assert await refused(coaching, program(group, budget_value=0, duration_active=0)) == [
        attributes + "budget_value",
        attributes + "duration_active",
    ]
    assert await refused(coaching, program(group, name=" ", budget_unit="euro", start_at="soon")) == [
        attributes + "name",
        attributes + "start_at",
        attributes + "budget_unit",
    ]
    assert await refused(coaching, program("0" * 24)) == ["/data/relationships/group"]
    assert await refused(coaching, {"data": {"type": "reward_program"}}) == [
        "/data/attributes",
        "/data/relationships",
    ]
    assert await refused(coaching, program(group, start_at="0001-01-01T00:00:00+09:00")) == [attributes + "start_at"]
    wrong = await coaching("POST", "/reward_program", program(group), headers={"content-type": "text/plain"})
    assert wrong.status_code == 403


async def test_a_program_is_activated_once_for_patients_of_its_group(coaching: Coaching) -> None:
    lead, other = await a_patient(coaching, "Lead"), await a_patient(coaching, "Other")
    made = (await make(coaching, program(coaching.group("Lead"), duration_active=10)))["id"]
    frozen = (await make(coaching, program(coaching.group("Lead"), frozen=True)))["id"]
    attributes, relations = "/data/attributes/", "/data/relationships/"
    assert await refused(coaching, activation(lead, frozen)) == [relations + "reward_program"]
    assert await refused(coaching, activation(other, made)) == [relations + "patient"]
    assert await refused(coaching, activation("0" * 24, "1" * 24)) == [
        relations + "patient",
        relations + "reward_program",
    ]
    assert await refused(coaching, activation(coaching.group("Lead"), made)) == [relations + "patient"]
    assert await refused(coaching, activation(lead, made, activated_at=at(61))) == [attributes + "activated_at"]
    assert await refused(coaching, activation(lead, made, deactivated_at=at(1))) == [attributes + "deactivated_at"]
    assert await refused(coaching, activation(lead, made, active=False)) == [attributes + "deactivated_at"]
    assert await refused(coaching, activation(lead, made, active=True, deactivated_at=at(2))) == [attributes + "active"]
    answers = await asyncio.gather(
        *(coaching("POST", "/reward_program_activation", activation(lead, made)) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    listed = (await coaching("GET", f"/reward_program_activation?filter[patient]={lead}")).json()
    assert [one["attributes"]["active"] for one in listed["data"]] == [False]  # expired after ten days


async def test_the_budget_is_never_exceeded(coaching: Coaching) -> None:
    patient = await a_patient(coaching, "Lead")
    programmed = (await make(coaching, program(coaching.group("Lead"), budget_value=100.5)))["id"]
    key = (await make(coaching, activation(patient, programmed, deactivated_at=at(20))))["id"]
    attributes = "/data/attributes/"
    assert await refused(coaching, reward(key, allocated_value=100.6)) == [attributes + "allocated_value"]
    assert await refused(coaching, reward(key, allocated_value=0)) == [attributes + "allocated_value"]
    assert await refused(coaching, reward(key, allocated_at=at(0.5))) == [attributes + "allocated_at"]
    assert await refused(coaching, reward(key, allocated_at=at(20))) == [attributes + "allocated_at"]
    assert await refused(coaching, reward(key, target_at=at(1))) == [attributes + "target_at"]
    assert await refused(coaching, reward("0" * 24)) == ["/data/relationships/reward_program_activation"]
    answers = await asyncio.gather(*(coaching("POST", "/reward", reward(key)) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 409, 409]
    rest = await make(coaching, reward(key, allocated_value=20.5, target_at=at(19)))
    assert rest["attributes"]["allocated_value"] == 20.5
    shown = (await coaching("GET", f"/reward_program_activation/{key}")).json()["data"]["attributes"]
    assert (shown["active"], shown["allocated_count"], shown["total_allocated_value"]) == (False, 3, 100.5)


async def test_earnings_are_made_one_by_one_or_together(coaching: Coaching) -> None:
    made = await a_chain(coaching)
    keys = [
        (await make(coaching, reward(made.activation, allocated_value=10, _thread=f"t{place}")))["id"]
        for place in range(3)
    ]

    def many(*items: dict[str, Any]) -> dict[str, Any]:
        return {"data": [item["data"] for item in items]}

    bad = many(earning(keys[0], earned_value=11), earning("0" * 24), earning(keys[1]), earning(made.reward))
    assert await refused(coaching, bad, "reward_earning") == [
        "/data/0/attributes/earned_value",
        "/data/1/relationships/reward",
        "/data/2/attributes/earned_value",
        "/data/3/relationships/reward",
    ]
    small = {"earned_value": 5}
    twice = many(earning(keys[0], **small), earning(keys[0], **small))
    assert await refused(coaching, twice, "reward_earning") == ["/data/1/relationships/reward"]
    early = earning(keys[0], **small, earned_at=at(1))
    assert await refused(coaching, early) == ["/data/attributes/earned_at"]
    together = many(*(earning(key, **small) for key in keys))
    answered = valid("createRewardEarning", await coaching("POST", "/reward_earning", together))
    assert [one["relationships"]["reward"]["data"]["id"] for one in answered] == keys
    assert await refused(coaching, {"data": []}, "reward_earning") == ["/data"]
    waiting = (await coaching("GET", "/reward_earning?filter[ready_for_fulfillment]=false")).json()
    assert (waiting["meta"]["count"], len(waiting["data"])) == (3, 3)
    ready = (await coaching("GET", "/reward_earning?filter[ready_for_fulfillment]=true")).json()
    assert ready["data"] == []


async def test_an_earning_is_ready_as_earned_or_at_the_end(coaching: Coaching) -> None:
    for changed, ended in (({"fulfill_as_earned": True}, {}), ({}, {"deactivated_at": at(9)})):
        patient = await a_patient(coaching, "Lead")
        programmed = (await make(coaching, program(coaching.group("Lead"), **changed)))["id"]
        key = (await make(coaching, activation(patient, programmed, **ended)))["id"]
        earned = await make(coaching, earning((await make(coaching, reward(key)))["id"]))
        assert earned["attributes"]["ready_for_fulfillment"] is True
        query = f"filter[patient]={patient}&filter[ready_for_fulfillment]="
        ready = (await coaching("GET", f"/reward_earning?{query}true")).json()
        assert [one["id"] for one in ready["data"]] == [earned["id"]]
        attributes = "/data/attributes/"
        assert await refused(coaching, fulfillment(earned["id"], fulfilled_value=31)) == [
            attributes + "fulfilled_value"
        ]
        assert await refused(coaching, fulfillment(earned["id"], fulfilled_at=at(4))) == [attributes + "fulfilled_at"]
        await make(coaching, fulfillment(earned["id"], fulfilled_value=0))
        assert await refused(coaching, fulfillment(earned["id"])) == ["/data/relationships/reward_earning"]
        assert (await coaching("GET", f"/reward_earning?{query}true")).json()["data"] == []


async def test_lists_and_single_reads_within_reach(a_coaching: MakeCoaching) -> None:
    coaching, other = await a_coaching(), await a_coaching()
    mine, hidden = await a_chain(coaching), await a_chain(coaching, "Other")
    confined = await coaching.confined_to("Lead")
    for kind, key in mine.by_kind.items():
        path = f"/{kind}"
        listed = valid(f"fetch{named(kind)}s", await coaching("GET", path))
        assert [one["id"] for one in listed] == [key, hidden.by_kind[kind]]
        assert [one["id"] for one in (await confined("GET", path)).json()["data"]] == [key]
        assert (await other("GET", path)).json()["data"] == []
        by_group = await coaching("GET", f"{path}?filter[groups]={coaching.group('Other')}")
        assert [one["id"] for one in by_group.json()["data"]] == [hidden.by_kind[kind]]
        assert (await confined("GET", f"{path}?filter[groups]={coaching.group('Other')}")).status_code == 403
        assert (await coaching("GET", f"{path}?filter[organization]={other.id}")).status_code == 403
        assert (await confined("GET", f"{path}/{key}")).status_code == 200
        assert (await confined("GET", f"{path}/{hidden.by_kind[kind]}")).status_code == 403
        assert (await other("GET", f"{path}/{key}")).status_code == 403
        assert (await coaching("GET", f"{path}/{secrets.token_hex(12)}")).status_code == 404
        assert (await coaching("GET", f"{path}/{coaching.group('Lead')}")).status_code == 404
        first = (await coaching("GET", f"{path}?page[limit]=1")).json()
        second = (await coaching("GET", first["links"]["next"].removeprefix("/pub"))).json()
        assert [first["data"][0]["id"], second["data"][0]["id"]] == [key, hidden.by_kind[kind]]
        assert "next" not in second["links"]
        strange = await coaching("GET", f"{path}?filter[nothing]=1")
        assert strange.json()["errors"][0]["source"] == {"parameter": "filter[nothing]"}
        if kind != "reward_program":
            by_patient = await coaching("GET", f"{path}?filter[patient]={hidden.patient}")
            assert [one["id"] for one in by_patient.json()["data"]] == [hidden.by_kind[kind]]
            assert (await confined("GET", f"{path}?filter[patient]={hidden.patient}")).status_code == 403
    for query, keys in (
        (f"filter[reward_program_activation]={hidden.activation}", [hidden.reward]),
        (f"filter[reward_program_activation]={'0' * 24}", []),
        ("filter[thread]=walking", [mine.reward, hidden.reward]),
        ("filter[thread]=running", []),
    ):
        assert [one["id"] for one in (await coaching("GET", f"/reward?{query}")).json()["data"]] == keys
    foreign = [
        program(coaching.group("Other")),
        activation(hidden.patient, hidden.program),
        reward(hidden.activation),
        earning(hidden.reward),
        fulfillment(hidden.earning),
    ]
    for body in foreign:
        for caller in (confined, other):
            assert (await caller("POST", f"/{body['data']['type']}", body)).status_code == 403
