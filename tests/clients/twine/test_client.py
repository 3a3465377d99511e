"""A client that an unchanged tool makes of the published file: requests and answers go through its models."""

import copy
import secrets
from typing import Any

import pytest

from openward.openapi.published import load
from tests.wire.twine.contract import JSON_API
from tests.wire.twine.live import Live, live

__all__ = ["live"]
pytestmark = pytest.mark.xdist_group("server")


def _described(name: str = "twine.v7") -> dict[str, Any]:
    """A published file, as far as the tool can read it: it knows no media type but plain JSON."""
    document = copy.deepcopy(load("twine", name))
    # The tool takes what depends on a member for one text and not for a list.
    document["components"]["schemas"].get("CalendarEventAttributes", {}).pop("dependentRequired", None)
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    for operation in operations:
        for parameter in operation.get("parameters", ()):
            # The tool sends every default, and pages have two styles of which a request may use one.
            parameter["schema"].pop("default", None)
    answers = [*document["components"]["responses"].values()]
    answers += [answer for operation in operations for answer in operation["responses"].values()]
    for answer in answers:
        content = answer.get("content", {})
        if JSON_API in content:
            content.setdefault("application/json", content[JSON_API])
    return document


def _client(live: Live, document: dict[str, Any]) -> Any:
    """A client of this file, which asks for plain JSON."""
    import httpx2  # late, as it takes seconds in every process that collects
    from aiopenapi3 import OpenAPI

    def session(**given: Any) -> httpx2.Client:
        given["headers"] = {"accept": "application/json"}
        return httpx2.Client(**given)

    return OpenAPI(f"{live.url}/openapi.json", document, session_factory=session, use_operation_tags=False)


@pytest.fixture(scope="module")
def client(live: Live) -> Any:
    """The client of the whole API but rewards, which has fetched its token by itself."""
    made = _client(live, _described())
    whole = live.provisioned["clients"][0]
    said = {name: whole[name] for name in ("client_id", "client_secret")} | {"grant_type": "client_credentials"}
    token = made._.createToken(data=said, parameters={"include": ["groups", "organization"]})
    assert (token.token_type, token.expires_in) == ("bearer", 3600)
    assert {one["type"] for one in token.included} == {"group", "organization"}
    made.authenticate(bearer=token.access_token)
    return made


@pytest.fixture(scope="module")
def rewards(live: Live, client: Any) -> Any:
    """The client of rewards, with the token that the other one has."""
    made = _client(live, _described("rewards.v7"))
    made.authenticate(bearer=live.tokens[0])
    return made


def patient_of(live: Live, value: str, **attributes: Any) -> dict[str, Any]:
    """The data of a new patient."""
    named = {"first_name": "Ada", "last_name": "Byron", "identifiers": [{"system": "lab", "value": value}]}
    groups = {"data": [{"type": "group", "id": live.ids["group"]}]}
    return {"type": "patient", "attributes": named | attributes, "relationships": {"groups": groups}}


def data_of(answer: Any) -> Any:
    """The data of a creation, one or many, which the tool may wrap."""
    return getattr(answer.data, "root", answer.data)


def test_one_is_made_changed_and_found(client: Any, live: Live) -> None:
    value = secrets.token_hex(8)
    made = data_of(client._.createPatient(data={"data": patient_of(live, value, birth_date="1990-02-28")}))
    assert (made.attributes.first_name, str(made.attributes.birth_date)) == ("Ada", "1990-02-28")
    change = {"data": {"type": "patient", "id": made.id, "attributes": {"note": "Likes snow"}}}
    assert client._.updatePatient(data=change, parameters={"id": made.id}).data.attributes.note == "Likes snow"
    asked = {"filter[identifier][system]": "lab", "filter[identifier][value]": value, "page[size]": 5}
    listed = client._.fetchPatients(parameters=asked)
    assert ([one.id for one in listed.data], listed.meta.count) == ([made.id], 1)
    [group] = client._.fetchPatientGroups(parameters={"id": made.id}).data
    assert (group.id, group.attributes.name) == (live.ids["group"], "Lead")


def test_included_resources_come_along(client: Any, live: Live) -> None:
    asked = {"filter[patient]": live.ids["patient"], "include": ["owner"]}
    events = client._.fetchCalendarEvents(parameters=asked)
    assert live.ids["event"] in [one.id for one in events.data]
    assert [(one.type, one.id) for one in events.included] == [("patient", live.ids["patient"])]
    plan = client._.fetchPatientPlanSummary(
        parameters={"id": live.ids["plan"], "include": ["actions", "bundles", "patient"]}
    )
    assert {one.type for one in plan.included} == {"action", "bundle", "patient"}


def test_many_are_made_at_once_and_those_that_clash_are_skipped(client: Any, live: Live) -> None:
    values = [secrets.token_hex(8) for _ in range(3)]
    body: dict[str, Any] = {"data": [patient_of(live, one) for one in values[:2]]}
    assert len(data_of(client._.createPatient(data=body))) == 2
    body = {"data": [patient_of(live, one) for one in values[1:]], "meta": {"ignore_duplicates": True}}
    answer = client._.createPatient(data=body)
    [made] = data_of(answer)
    assert (made.attributes.identifiers[0].value, answer.meta.ignored) == (values[2], ["/data/0"])
    metrics = [
        {
            "type": "patient_health_metric",
            "attributes": {"type": "weight", "value": one, "unit": "lb", "occurred_at": f"2024-02-2{one}T14:00:00Z"},
            "relationships": {"patient": {"data": {"type": "patient", "id": made.id}}},
        }
        for one in range(3)
    ]
    assert len(data_of(client._.createPatientHealthMetric(data={"data": metrics}))) == 3
    listed = client._.fetchPatientHealthMetrics(parameters={"filter[patient]": made.id, "page[limit]": 2})
    assert (len(listed.data), listed.meta.count) == (2, 3)
    assert "page[after]=" in listed.links.next


def test_refusals_are_read(client: Any, live: Live) -> None:
    from aiopenapi3.errors import HTTPClientError

    value = secrets.token_hex(8)
    body = {"data": patient_of(live, value)}
    client._.createPatient(data=body)
    with pytest.raises(HTTPClientError) as clash:
        client._.createPatient(data=body)
    [error] = clash.value.data.errors
    assert (error.status, error.code) == ("409", "InvalidBodyParameter")
    assert error.source.pointer == "/data/attributes/identifiers/0"
    with pytest.raises(HTTPClientError) as unknown:
        client._.fetchPatient(parameters={"id": "f" * 24})
    assert (unknown.value.status_code, unknown.value.data.errors[0].code) == (404, "ResourceNotFound")
    with pytest.raises(HTTPClientError) as parameter:
        client._.fetchPatients(parameters={"page[number]": 1, "page[limit]": 1})
    assert parameter.value.data.errors[0].source.parameter == "page[limit]"


def a_document(kind: str, attributes: dict[str, Any], **relations: tuple[str, str]) -> dict[str, Any]:
    """The body of a creation."""
    related = {name: {"data": {"type": other, "id": key}} for name, (other, key) in relations.items()}
    return {"data": {"type": kind, "attributes": attributes, "relationships": related}}


def a_program(live: Live, **changed: Any) -> dict[str, Any]:
    """A reward program of the group."""
    said = {"name": "Walk", "start_at": "2024-01-01T00:00:00Z", "end_at": "2099-01-01T00:00:00Z", "budget_value": 100}
    return a_document("reward_program", said | changed, group=("group", live.ids["group"]))


def test_rewards_are_made_read_and_listed(rewards: Any, live: Live) -> None:
    program = data_of(rewards._.createRewardProgram(data=a_program(live, budget_unit="point", tagline="Every day")))
    assert (program.attributes.name, program.attributes.budget_unit, program.attributes.budget_value) == (
        "Walk",
        "point",
        100,
    )
    here = {"reward_program": ("reward_program", program.id), "patient": ("patient", live.ids["patient"])}
    said: dict[str, Any] = {"activated_at": "2024-01-02T00:00:00Z"}
    body = a_document("reward_program_activation", said, **here)
    activation = data_of(rewards._.createRewardProgramActivation(data=body))
    assert activation.attributes.active is False  # 540 days are over
    made = []
    for thread in ("walk", "swim"):
        said = {
            "description": "Move",
            "allocated_value": 40.5,
            "allocated_at": "2024-01-03T00:00:00Z",
            "_thread": thread,
        }
        body = a_document("reward", said, reward_program_activation=("reward_program_activation", activation.id))
        made.append(data_of(rewards._.createReward(data=body)))
    said = {"earned_value": 30, "earned_at": "2024-01-04T00:00:00Z"}
    many = [a_document("reward_earning", said, reward=("reward", one.id))["data"] for one in made]
    earned = data_of(rewards._.createRewardEarning(data={"data": many}))
    assert [one.attributes.earned_value for one in earned] == [30, 30]
    said = {"fulfilled_value": 30, "fulfilled_at": "2024-01-05T00:00:00Z"}
    body = a_document("reward_earning_fulfillment", said, reward_earning=("reward_earning", earned[0].id))
    fulfilled = data_of(rewards._.createRewardEarningFulfillment(data=body))

    call = rewards._
    assert call.fetchRewardProgram(parameters={"id": program.id}).data.attributes.tagline == "Every day"
    [group] = call.fetchRewardProgramGroup(parameters={"id": program.id}).data
    assert group.id == live.ids["group"]
    sums = call.fetchRewardProgramActivation(parameters={"id": activation.id}).data.attributes
    assert (sums.total_allocated_value, sums.total_earned_value) == (81, 60)
    assert call.fetchReward(parameters={"id": made[0].id}).data.attributes.fulfilled_value == 30
    assert call.fetchRewardEarning(parameters={"id": earned[1].id}).data.attributes.ready_for_fulfillment is True
    assert call.fetchRewardEarningFulfillment(parameters={"id": fulfilled.id}).data.attributes.fulfilled_value == 30

    whose = {"filter[patient]": live.ids["patient"]}
    listed = call.fetchRewardPrograms(parameters={"filter[groups]": live.ids["group"]})
    assert program.id in [one.id for one in listed.data]
    assert activation.id in [one.id for one in call.fetchRewardProgramActivations(parameters=whose).data]
    swims = {"filter[reward_program_activation]": activation.id, "filter[thread]": "swim"}
    assert [one.id for one in call.fetchRewards(parameters=whose | swims).data] == [made[1].id]
    ready = call.fetchRewardEarnings(parameters=whose | {"filter[ready_for_fulfillment]": True, "page[size]": 1})
    assert (len(ready.data), ready.meta.count) == (1, 2)
    assert "page[number]=2" in ready.links.next
    assert fulfilled.id in [one.id for one in call.fetchRewardEarningFulfillments(parameters=whose).data]


def test_refusals_of_rewards_are_read(rewards: Any, live: Live) -> None:
    from aiopenapi3.errors import HTTPClientError

    with pytest.raises(HTTPClientError) as late:
        rewards._.createRewardProgram(data=a_program(live, end_at="2023-01-01T00:00:00Z"))
    [error] = late.value.data.errors
    assert (error.status, error.code, error.source.pointer) == (
        "409",
        "InvalidBodyParameter",
        "/data/attributes/end_at",
    )
    with pytest.raises(HTTPClientError) as unknown:
        rewards._.fetchReward(parameters={"id": "f" * 24})
    assert (unknown.value.status_code, unknown.value.data.errors[0].code) == (404, "ResourceNotFound")
    said = {"earned_value": 1, "earned_at": "2024-01-04T00:00:00Z"}
    with pytest.raises(HTTPClientError) as twice:
        rewards._.createRewardEarning(data=a_document("reward_earning", said, reward=("reward", live.ids["reward"])))
    assert twice.value.data.errors[0].source.pointer == "/data/relationships/reward"
    with pytest.raises(HTTPClientError) as parameter:
        rewards._.fetchRewards(parameters={"page[number]": 1, "page[limit]": 1})
    assert parameter.value.data.errors[0].source.parameter == "page[limit]"
    stranger = _client(live, _described("rewards.v7"))
    stranger.authenticate(bearer="unknown")
    with pytest.raises(HTTPClientError) as nobody:
        stranger._.fetchRewardPrograms()
    assert (nobody.value.status_code, nobody.value.data.errors[0].code) == (401, "Unauthorized")
