"""Moments at the ends of the calendar: each is taken and read again as it was sent, or refused where it stands."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

import pytest
from httpx import Response

from openward.wire.twine.query import cursor
from tests.wire.twine.conftest import Coaching, MakeCoaching
from tests.wire.twine.operations import KEYED, Operation, organization_part, settle

pytestmark = pytest.mark.anyio

ENDS = (
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00.001Z",
    "0001-01-01T00:00:00+14:00",  # before any calendar
    "0001-01-01T00:00:00-12:00",
    "9999-12-31T00:00:00Z",
    "9999-12-31T23:59:59.999Z",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-12:00",  # behind any calendar
)
UNKNOWN = "0001-01-01"
"""As a birthday: another system's word for one that is not known, which is left out here."""
DAYS = (UNKNOWN, "0001-01-02", "9999-12-31")
OPERATIONS = {one.name: one for one in KEYED}
# Where bodies say when; what is not in the request of `operations.py` is added to it.
SAID = {
    "createPatientHealthMetric": ("occurred_at",),
    "createCalendarEvent": ("start_at", "end_at"),
    "updateCalendarEvent": ("start_at", "end_at", "completed_at"),
    "createAction": ("effective_from", "effective_to"),
    "updateAction": ("effective_from", "effective_to"),
    "createBundle": ("effective_from", "effective_to"),
    "updateBundle": ("effective_from", "effective_to"),
    "createRewardProgram": ("start_at", "end_at"),
    "createRewardProgramActivation": ("activated_at", "deactivated_at"),
    "createReward": ("allocated_at", "target_at"),
    "createRewardEarning": ("earned_at",),
    "createRewardEarningFulfillment": ("fulfilled_at",),
    "createPatient": ("birth_date",),
    "updatePatient": ("birth_date",),
}
FILTERS = {
    "fetchCalendarEvents": ("start_at", "end_at", "completed_at", "created_at", "updated_at"),
    "fetchPatientHealthResults": ("start_at", "end_at", "created_at", "updated_at"),
    "fetchEmailHistories": ("send_time",),
    "fetchPatients": ("created_at",),
}


@pytest.fixture
async def house(a_coaching: MakeCoaching) -> tuple[Coaching, dict[str, str]]:
    """An organization with one of everything."""
    coaching = await a_coaching(organization_part())
    return coaching, await settle(coaching, coaching.provisioned, "f" * 24, coaching.id)


async def said(coaching: Coaching, operation: Operation, ids: Mapping[str, str], name: str, value: str) -> Response:
    """The operation with this attribute."""
    method, path, body, query = operation.request(ids)
    attributes = body["data"]["attributes"]
    attributes[name] = value
    if name == "start_at" and "calendar_event" in path:
        attributes["end_at"] = value
    if name == "completed_at":
        attributes["completed_by"] = ids["coach"]
    return await coaching(method, path, body, params=query)


@pytest.mark.parametrize("name", list(SAID))
async def test_ends_of_the_calendar_are_kept_or_refused(house: tuple[Coaching, dict[str, str]], name: str) -> None:
    coaching, ids = house
    operation = OPERATIONS[name]
    kind = operation.path.split("/")[1]
    for attribute in SAID[name]:
        for value in DAYS if attribute == "birth_date" else ENDS:
            answer = await said(coaching, operation, ids, attribute, value)
            case = (attribute, value, answer.text)
            if answer.status_code == 409:
                pointers = {one["source"]["pointer"] for one in answer.json()["errors"]}
                assert all(one.startswith("/data/") for one in pointers), case
                continue
            assert answer.is_success, case
            resource = answer.json()["data"]
            again = await coaching("GET", f"/{kind}/{resource['id']}")
            assert again.status_code == 200, (case, again.text)
            kept = again.json()["data"]["attributes"].get(attribute, UNKNOWN)
            assert moment(kept) == moment(value), case
    listed = {} if kind == "patient" else {"filter[groups]" if kind == "reward_program" else "filter[patient]": ""}
    if kind not in ("action", "bundle"):
        scope = {name: ids["group" if "groups" in name else "patient"] for name in listed}
        answer = await coaching("GET", f"/{kind}", params=scope)
        assert answer.status_code == 200, answer.text
    plans = await coaching("GET", f"/patient_plan_summary/{ids['plan']}", params={"include": "actions,bundles"})
    assert plans.status_code == 200, plans.text


def moment(text: str) -> datetime | date:
    """What a text means."""
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


@pytest.mark.parametrize("born", DAYS)
async def test_any_birthday_has_a_health_profile(house: tuple[Coaching, dict[str, str]], born: str) -> None:
    coaching, ids = house
    attributes = {"birth_date": born}
    document = {"data": {"type": "patient", "id": ids["patient"], "attributes": attributes}}
    answer = await coaching("PATCH", f"/patient/{ids['patient']}", document)
    assert answer.status_code in (200, 409), answer.text
    for kind in ("health_profile", "health_profile_question", "health_profile_answer"):
        for paging in ("page[size]", "page[limit]"):
            answer = await coaching("GET", f"/{kind}", params={paging: "5"})
            assert answer.status_code == 200, (kind, answer.text)


@pytest.mark.parametrize("name", list(FILTERS))
async def test_filters_take_the_ends_of_the_calendar(house: tuple[Coaching, dict[str, str]], name: str) -> None:
    coaching, ids = house
    method, path, _, query = OPERATIONS[name].request(ids)
    for attribute in FILTERS[name]:
        for value in ENDS:
            for text in (value, f"{value}..", f"..{value}", f"0001-01-01T00:00:00Z..{value}"):
                answer = await coaching(method, path, params=query | {f"filter[{attribute}]": text})
                assert answer.status_code in (200, 409), (attribute, text, answer.text)


async def test_a_cursor_is_no_way_round(house: tuple[Coaching, dict[str, str]]) -> None:
    coaching, ids = house
    last = {"patient_health_metric": ids["metric"], "calendar_event": ids["event"], "result": "f" * 24}
    last["patient"] = str(UUID(int=1))
    for kind, name in last.items():
        asked = {"page[limit]": "5"} | ({} if kind == "patient" else {"filter[patient]": ids["patient"]})
        for value in ENDS:
            answer = await coaching("GET", f"/{kind}", params=asked | {"page[after]": cursor([value, name])})
            assert answer.status_code in (200, 409), (kind, value, answer.text)
