"""Calendar events: planned, changed, completed, answered, listed, by tokens of an organization and of some groups."""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Any

import pytest
from httpx import Response

from tests.wire.twine.conftest import Coaching, MakeCoaching

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Diary:
    """An organization with the coaches Joe (Lead) and Kim (Other) and the patients Jack (Lead) and Olga (Other)."""

    coaching: Coaching
    joe: str
    kim: str
    jack: str
    olga: str

    async def __call__(self, method: str, path: str, json: Any = None) -> Response:
        """A call with the token of the whole organization."""
        return await self.coaching(method, path, json)

    def body(self, *attendees: str, owner: str = "", **attributes: Any) -> dict[str, Any]:
        """A telephone call of Jack with Joe; None leaves an attribute out."""
        said = {
            "type": "telephone-call",
            "time_zone": "America/New_York",
            "start_at": "2018-02-20T14:00:00Z",
            "end_at": "2018-02-20T18:00:00Z",
            "title": "Telephone Call",
            "attendees": [{"user": one} for one in attendees or (self.joe, self.jack)],
        } | attributes
        relationships = {"owner": {"data": {"type": "patient", "id": owner or self.jack}}}
        kept = {name: value for name, value in said.items() if value is not None}
        return {"data": {"type": "calendar_event", "attributes": kept, "relationships": relationships}}

    async def made(self, *attendees: str, owner: str = "", **attributes: Any) -> dict[str, Any]:
        """A new event as the answer shows it."""
        answer = await self("POST", "/calendar_event", self.body(*attendees, owner=owner, **attributes))
        assert answer.status_code == 201, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    async def patched(self, event: dict[str, Any], **attributes: Any) -> Response:
        """A change of attributes."""
        body = {"data": {"type": "calendar_event", "id": event["id"], "attributes": attributes}}
        return await self("PATCH", f"/calendar_event/{event['id']}", body)

    async def answered(self, made: dict[str, Any], place: int, status: str, **changes: Any) -> Response:
        """An attendee answers."""
        attendee = made["attributes"]["attendees"][place]
        said = {"attendee": attendee["_id"], "user": attendee["user"], "type": "user", "event": made["id"]} | changes
        return await self(
            "POST",
            "/calendar_event_response",
            {
                "data": {
                    "type": "calendar_event_response",
                    "attributes": {"attendee": said["attendee"], "response_status": status},
                    "relationships": {
                        "user": {"data": {"type": said["type"], "id": said["user"]}},
                        "calendar_event": {"data": {"type": "calendar_event", "id": said["event"]}},
                    },
                }
            },
        )


def faults(answer: Response) -> list[str]:
    """The pointers or parameters of a refusal."""
    assert answer.status_code == 409, answer.text
    return [next(iter(error["source"].values())) for error in answer.json()["errors"]]


@pytest.fixture
async def diary(a_coaching: MakeCoaching) -> Diary:
    """A diary in an organization of its own."""
    coaches = [
        {"email": f"c{secrets.token_hex(6)}@example.org", "first_name": name, "last_name": "Coach", "groups": [group]}
        for name, group in (("Joe", "Lead"), ("Kim", "Other"))
    ]
    coaching = await a_coaching({"coaches": coaches})
    patients = []
    for name, group in (("Jack", "Lead"), ("Olga", "Other")):
        groups = {"groups": {"data": [{"type": "group", "id": coaching.group(group)}]}}
        attributes = {"first_name": name, "last_name": "Frost"}
        body = {"data": {"type": "patient", "attributes": attributes, "relationships": groups}}
        answer = await coaching("POST", "/patient", body)
        assert answer.status_code == 201, answer.text
        patients.append(answer.json()["data"]["id"])
    joe, kim = (one["id"] for one in coaching.provisioned["coaches"])
    return Diary(coaching, joe, kim, patients[0], patients[1])


async def test_a_check_in_as_published_comes_back(diary: Diary) -> None:
    said: dict[str, Any] = {
        "type": "plan-check-in",
        "time_zone": "America/New_York",
        "all_day": True,
        "start_at": "2018-02-20T00:00:00Z",
        "title": "Plan Check-In",
    }
    made = await diary.made(end_at=None, **said)
    attributes = made["attributes"]
    assert said.items() <= attributes.items()
    assert "end_at" not in attributes
    assert (attributes["completed_at"], attributes["completed_by"]) == (None, None)
    assert [(one["user"], one["response_status"]) for one in attributes["attendees"]] == [
        (diary.joe, "needsAction"),
        (diary.jack, "needsAction"),
    ]
    path = f"/pub/calendar_event/{made['id']}"
    owner = {"data": {"type": "patient", "id": diary.jack}, "links": {"related": f"{path}/owner"}}
    assert (made["relationships"], made["links"]) == ({"owner": owner}, {"self": path})
    read = (await diary("GET", f"/calendar_event/{made['id']}")).json()
    assert (read["data"], read["included"]) == (made, [])
    shown = (await diary("GET", f"/calendar_event/{made['id']}?include=owner")).json()["included"]
    assert [(one["type"], one["id"]) for one in shown] == [("patient", diary.jack)]


async def test_an_event_is_completed_and_reopened(diary: Diary) -> None:
    made = await diary.made(location="Room 2", description="Bring the meter")
    done = {"completed_at": "2017-11-03T06:17:34.652Z", "completed_by": diary.joe}
    answer = await diary.patched(made, **done)
    assert answer.status_code == 200, answer.text
    assert done.items() <= answer.json()["data"]["attributes"].items()
    assert (await diary.patched(made, title="Call")).json()["data"]["attributes"]["completed_by"] == diary.joe
    opened = await diary.patched(made, completed_at=None, completed_by=None)
    assert opened.json()["data"]["attributes"]["completed_at"] is None
    cleared = (await diary.patched(made, location=None)).json()["data"]["attributes"]
    assert ("location" in cleared, cleared["description"], cleared["title"]) == (False, "Bring the meter", "Call")
    assert cleared["updated_at"] > made["attributes"]["updated_at"]
    assert cleared["created_at"] == made["attributes"]["created_at"]
    again = {name: value for name, value in cleared.items() if not name.startswith(("created", "updated", "complet"))}
    assert (await diary.patched(made, **again)).status_code == 200


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"completed_at": "2018-02-20T14:00:00Z"}, ["completed_by"]),
        ({"completed_by": None}, ["completed_at"]),
        ({"completed_at": None, "completed_by": "joe"}, ["completed_at"]),
        ({"completed_at": "2018-02-20T14:00:00Z", "completed_by": None}, ["completed_by"]),
        ({"completed_at": "2018-02-20T14:00:00Z", "completed_by": "jack"}, ["completed_by"]),
        ({"completed_at": "2018-02-20T14:00:00", "completed_by": "joe"}, ["completed_at"]),
        ({"type": "reminder"}, ["type"]),
        ({"title": None, "start_at": None}, ["title", "start_at"]),
        ({"title": " "}, ["title"]),
        ({"attendees": []}, ["attendees"]),
        ({"end_at": None}, ["end_at"]),
        ({"all_day": True}, ["start_at", "end_at"]),
        ({"start_at": "2018-02-20T18:00:00Z"}, ["end_at"]),
        ({"time_zone": "Asia/Tokyo"}, ["end_at"]),
        ({"time_zone": "America"}, ["time_zone"]),
        ({"attendees": [{"user": "joe"}, {"user": "joe"}]}, ["attendees/1/user"]),
        ({"attendees": [{"user": "joe", "response_status": "accepted"}]}, ["attendees/0/response_status"]),
        (
            {"attendees": [{"user": "a" * 24}, {"user": 1}, {}], "time_zone": "America"},
            ["attendees/1/user", "attendees/2/user", "attendees/0/user", "time_zone"],
        ),
        ({"type": "reminder", "title": "", "end_at": None}, ["title", "type"]),
        ({"attendees": [{"user": "a" * 24}]}, ["attendees/0/user"]),
    ],
)
async def test_a_change_that_breaks_the_event_is_refused(
    diary: Diary, change: dict[str, Any], pointers: list[str]
) -> None:
    made = await diary.made()
    change = change | (
        {"completed_by": getattr(diary, str(change["completed_by"]))} if change.get("completed_by") else {}
    )
    if "attendees" in change:
        change["attendees"] = [
            one | ({"user": diary.joe} if one.get("user") == "joe" else {}) for one in change["attendees"]
        ]
    assert faults(await diary.patched(made, **change)) == [f"/data/attributes/{one}" for one in pointers]
    assert (await diary("GET", f"/calendar_event/{made['id']}")).json()["data"] == made


@pytest.mark.parametrize(
    ("attributes", "pointers"),
    [
        ({"type": "plan-check-in"}, ["all_day", "end_at"]),
        ({"type": "plan-check-in", "all_day": False, "end_at": None}, ["all_day"]),
        ({"type": "plan-check-in", "all_day": True, "end_at": None}, ["start_at"]),
        ({"end_at": None}, ["end_at"]),
        ({"end_at": "2018-02-20T14:00:00Z"}, ["end_at"]),
        ({"end_at": "2018-02-21T05:00:00Z"}, ["end_at"]),
        ({"time_zone": "Mars/Base"}, ["time_zone"]),
        ({"start_at": "2018-02-20", "end_at": "x"}, ["start_at", "end_at"]),
        ({"start_at": "0001-01-01T00:00:00+09:00"}, ["start_at"]),
        ({"type": "party", "title": None}, ["type", "title"]),
        ({"completed_at": None}, []),
    ],
)
async def test_an_event_that_cannot_be_is_not_made(
    diary: Diary, attributes: dict[str, Any], pointers: list[str]
) -> None:
    answer = await diary("POST", "/calendar_event", diary.body(**attributes))
    if not pointers:
        assert answer.status_code == 201, answer.text
        return
    assert faults(answer) == [f"/data/attributes/{one}" for one in pointers]


@pytest.mark.parametrize(
    "times",
    [
        ("2018-02-20T05:00:00Z", "2018-02-21T05:00:00.000Z"),
        ("2018-02-20T00:00:00-05:00", "2018-02-20T00:00:00-05:00"),
        ("2018-02-20T00:00:00Z", "2018-02-22T05:00:00Z"),
        ("2018-03-11T00:00:00-05:00", "2018-03-12T00:00:00-04:00"),
    ],
)
async def test_days_begin_at_midnight_there_or_in_utc(diary: Diary, times: tuple[str, str]) -> None:
    made = await diary.made(all_day=True, type="office-visit", start_at=times[0], end_at=times[1])
    assert (made["attributes"]["start_at"], made["attributes"]["end_at"]) == times


async def test_the_time_zone_is_the_plans_unless_given(diary: Diary) -> None:
    assert (await diary.made(time_zone=None))["attributes"]["time_zone"] == "UTC"
    plan = (await diary("GET", f"/patient_plan_summary?filter[patient]={diary.jack}")).json()["data"][0]
    body = {"data": {"type": plan["type"], "id": plan["id"], "attributes": {"time_zone": "Europe/Berlin"}}}
    answer = await diary("PATCH", f"/patient_plan_summary/{plan['id']}", body)
    assert answer.status_code == 200, answer.text
    made = await diary.made(time_zone=None)
    assert made["attributes"]["time_zone"] == "Europe/Berlin"


async def test_attendees_are_replaced_and_keep_what_they_answered(diary: Diary) -> None:
    made = await diary.made()
    answer = await diary.answered(made, 1, "accepted", type="patient")
    assert answer.status_code == 201, answer.text
    (joe, jack) = made["attributes"]["attendees"]
    assert answer.json()["data"]["attributes"] == {"attendee": jack["_id"], "response_status": "accepted"}
    assert answer.json()["data"]["relationships"]["calendar_event"]["data"]["id"] == made["id"]
    changed = await diary.patched(made, attendees=[{"user": diary.kim}, {"user": diary.jack}])
    kim, still = changed.json()["data"]["attributes"]["attendees"]
    assert still == jack | {"response_status": "accepted"}
    assert (kim["user"], kim["response_status"]) == (diary.kim, "needsAction")
    assert kim["_id"] not in (joe["_id"], jack["_id"])
    same = [{"user": diary.jack, "response_status": "accepted"}, {"user": diary.joe, "response_status": "needsAction"}]
    changed = await diary.patched(made, attendees=same)
    assert [one["user"] for one in changed.json()["data"]["attributes"]["attendees"]] == [diary.jack, diary.joe]
    for status in ("tentative", "declined", "declined"):
        assert (await diary.answered(changed.json()["data"], 0, status)).status_code == 201
    read = (await diary("GET", f"/calendar_event/{made['id']}")).json()["data"]
    assert read["attributes"]["attendees"][0]["response_status"] == "declined"


async def test_an_answer_that_is_nobodys_is_refused(diary: Diary, a_coaching: MakeCoaching) -> None:
    made = await diary.made()
    attributes, related = "/data/attributes", "/data/relationships"
    for changes, pointer in (
        ({"attendee": "b" * 24}, f"{attributes}/attendee"),
        ({"attendee": made["id"]}, f"{attributes}/attendee"),
        ({"user": diary.jack}, f"{related}/user/data/id"),
        ({"user": "b" * 24}, f"{related}/user/data/id"),
        ({"type": "patient"}, f"{related}/user/data/type"),
        ({"event": "b" * 24}, f"{related}/calendar_event/data/id"),
        ({"event": diary.jack}, f"{related}/calendar_event/data/id"),
    ):
        assert faults(await diary.answered(made, 0, "accepted", **changes)) == [pointer]
    assert faults(await diary.answered(made, 0, "needsAction")) == [f"{attributes}/response_status"]
    other = await a_coaching()
    stranger = Diary(other, diary.joe, diary.kim, diary.jack, diary.olga)
    assert (await stranger.answered(made, 0, "accepted")).status_code == 403


async def test_a_token_of_groups_sees_the_events_of_its_patients(diary: Diary) -> None:
    mine, others = await diary.made(diary.joe, diary.kim), await diary.made(owner=diary.olga)
    lead = await diary.coaching.confined_to("Lead")
    confined = Diary(lead, diary.joe, diary.kim, diary.jack, diary.olga)
    listed = (await lead("GET", "/calendar_event")).json()
    assert [one["id"] for one in listed["data"]] == [mine["id"]]
    for method in ("GET", "DELETE"):
        assert (await lead(method, f"/calendar_event/{others['id']}")).status_code == 403
    assert (await confined.patched(others, title="X")).status_code == 403
    assert (await confined.answered(others, 0, "accepted")).status_code == 403
    assert (await lead("POST", "/calendar_event", diary.body(owner=diary.olga))).status_code == 403
    for attendees in ([diary.kim], [diary.joe, diary.olga]):
        assert (await lead("POST", "/calendar_event", diary.body(*attendees))).status_code == 403
    # Whoever comes already may stay, whoever asks.
    kept = await confined.patched(mine, attendees=[{"user": diary.kim}, {"user": diary.jack}])
    assert kept.status_code == 200, kept.text
    assert (
        await confined.patched(mine, completed_at="2018-02-20T14:00:00Z", completed_by=diary.kim)
    ).status_code == 403
    for name, value in (("attendees", diary.kim), ("patient", diary.olga), ("groups", diary.coaching.group("Other"))):
        assert (await lead("GET", f"/calendar_event?filter[{name}]={value}")).status_code == 403


async def test_another_organization_is_refused(diary: Diary, a_coaching: MakeCoaching) -> None:
    made = await diary.made()
    other = await a_coaching()
    assert (await other("GET", "/calendar_event")).json()["data"] == []
    for method in ("GET", "DELETE"):
        assert (await other(method, f"/calendar_event/{made['id']}")).status_code == 403
    stranger = Diary(other, diary.joe, diary.kim, diary.jack, diary.olga)
    assert (await stranger.patched(made, title="X")).status_code == 403
    assert (await other("POST", "/calendar_event", diary.body())).status_code == 403
    assert (await other("GET", f"/calendar_event?filter[organization]={diary.coaching.id}")).status_code == 403
    assert (await diary("GET", "/calendar_event", None)).status_code == 200
    unheard = await diary.coaching("GET", "/calendar_event", headers={"authorization": "Bearer x"})
    assert unheard.status_code == 401


async def test_what_is_deleted_is_gone(diary: Diary) -> None:
    made = await diary.made()
    gone = await diary("DELETE", f"/calendar_event/{made['id']}")
    assert (gone.status_code, list(gone.json())) == (200, ["meta"])
    for method in ("DELETE", "GET"):
        assert (await diary(method, f"/calendar_event/{made['id']}")).status_code == 404
    assert (await diary.patched(made, title="X")).status_code == 404
    for name in ("f" * 24, diary.jack, "nothing"):
        assert (await diary("GET", f"/calendar_event/{name}")).status_code == 404
    assert (await diary("GET", f"/calendar_event/{made['id']}/owner")).status_code == 404


async def test_owner_and_ids_stay(diary: Diary) -> None:
    made = await diary.made()
    body = diary.body(owner=diary.olga)
    body["data"]["id"] = made["id"]
    assert faults(await diary("PATCH", f"/calendar_event/{made['id']}", body)) == ["/data/relationships/owner/data/id"]
    body = diary.body()
    body["data"]["id"] = "a" * 24
    assert faults(await diary("PATCH", f"/calendar_event/{made['id']}", body)) == ["/data/id"]
    assert faults(await diary("POST", "/calendar_event", diary.body(owner="a" * 24))) == [
        "/data/relationships/owner/data/id"
    ]
    body = diary.body()
    del body["data"]["relationships"]
    assert faults(await diary("POST", "/calendar_event", body)) == ["/data/relationships"]
    body = diary.body()
    body["data"]["attributes"] = "x"
    assert faults(await diary("POST", "/calendar_event", body)) == ["/data/attributes"]
    plain = await diary.coaching("POST", "/calendar_event", diary.body(), headers={"content-type": "text/plain"})
    assert plain.status_code == 403


async def test_lists_by_every_filter(diary: Diary) -> None:
    first = await diary.made()
    second = await diary.made(diary.kim, owner=diary.olga, type="reminder", start_at="2018-02-20T15:00:00+00:00")
    third = await diary.made(
        diary.olga, type="plan-check-in", all_day=True, start_at="2018-02-25T00:00:00Z", end_at=None
    )
    assert (await diary.patched(third, completed_at="2018-02-26T00:00:00Z", completed_by=diary.kim)).status_code == 200
    ids = {first["id"]: 1, second["id"]: 2, third["id"]: 3}

    async def listed(query: str) -> list[int]:
        answer = await diary("GET", f"/calendar_event?{query}")
        assert answer.status_code == 200, answer.text
        assert answer.json()["meta"]["count"] == len(answer.json()["data"])
        return [ids[one["id"]] for one in answer.json()["data"]]

    assert await listed("") == [1, 2, 3]
    assert await listed(f"filter[attendees]={diary.joe}, {diary.olga}") == [1, 3]
    assert await listed(f"filter%5Battendees%5D={'a' * 24}") == []
    assert await listed(f"filter[patient]={diary.jack}&filter[type]=plan-check-in") == [3]
    assert await listed(f"filter[patient]={'a' * 24}") == []
    assert await listed(f"filter[groups]={diary.coaching.group('Other')}") == [2]
    assert await listed(f"filter[groups]={diary.coaching.group('Other')},{diary.coaching.group('Lead')}") == [1, 2, 3]
    assert await listed(f"filter[organization]={diary.coaching.id}&filter[completed]=false") == [1, 2]
    assert await listed("filter[completed]=true") == [3]
    assert await listed("filter[start_at]=2018-02-20T14:00:00Z..2018-02-20T15:00:00Z") == [1]
    assert await listed("filter[start_at]=2018-02-20T10:00:00-05:00..") == [2, 3]
    assert await listed("filter[end_at]=..2018-02-21") == [1, 2]
    assert await listed("filter[end_at]=2018-02-20T18:00:00Z..2018-02-20T18:00:00Z") == []
    assert await listed("filter[completed_at]=2018-02-26..2018-02-27") == [3]
    made_at = third["attributes"]["created_at"]
    assert await listed(f"filter[created_at]=..{made_at}&filter[updated_at]={made_at}..") == []
    assert await listed("filter[updated_at]=2020-01-01..") == [1, 2, 3]
    included = (await diary("GET", "/calendar_event?include=owner")).json()["included"]
    assert {one["id"] for one in included} == {diary.jack, diary.olga}
    assert len(included) == 2


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("filter[type]=party", "filter[type]"),
        ("filter[completed]=yes", "filter[completed]"),
        ("filter[start_at]=2018", "filter[start_at]"),
        ("filter[created_at]=..", "filter[created_at]"),
        ("filter[attendees]=x", "filter[attendees]"),
        ("include=attendees", "include"),
        ("sort=start_at", "sort"),
        ("page[size]=51", "page[size]"),
        ("page[after]=eA", "page[after]"),
        ("page[after]=WyJhIiwiYiJd", "page[after]"),
    ],
)
async def test_a_bad_parameter_is_named(coaching: Coaching, query: str, parameter: str) -> None:
    assert faults(await coaching("GET", f"/calendar_event?{query}")) == [parameter]


async def test_pages_by_number_and_by_cursor(diary: Diary) -> None:
    made = [(await diary.made(title=f"Call {place}"))["id"] for place in range(5)]
    page = (await diary("GET", "/calendar_event?page[number]=2&page[size]=2")).json()
    assert [one["id"] for one in page["data"]] == made[2:4]
    assert set(page["links"]) == {"self", "first", "prev", "next", "last"}
    assert (page["meta"]["count"], (await diary("GET", "/calendar_event?page[size]=0")).json()["data"]) == (5, [])
    seen, path = [], "/calendar_event?page[limit]=2"
    while path:
        page = (await diary("GET", path)).json()
        seen += [one["id"] for one in page["data"]]
        assert (await diary("DELETE", f"/calendar_event/{seen[-1]}")).status_code == 200
        path = page["links"].get("next", "").removeprefix("/pub")
    assert seen == made


async def test_a_scope_may_be_demanded(diary: Diary) -> None:
    made = await diary.made()
    object.__setattr__(diary.coaching.tools.settings, "twine_require_scope_filter", True)
    try:
        assert faults(await diary("GET", "/calendar_event")) == ["filter[patient]"]
        assert faults(await diary("GET", "/coach")) == ["filter[groups]"]
        everybody = (await diary("GET", f"/coach?filter[organization]={diary.coaching.id}")).json()["data"]
        assert {diary.joe, diary.kim} <= {one["id"] for one in everybody}
        found = (await diary("GET", f"/calendar_event?filter[attendees]={diary.joe}")).json()
        assert [one["id"] for one in found["data"]] == [made["id"]]
    finally:
        object.__setattr__(diary.coaching.tools.settings, "twine_require_scope_filter", False)


async def test_answers_side_by_side_are_all_kept(diary: Diary) -> None:
    made = await diary.made(diary.joe, diary.kim, diary.jack, diary.olga)
    answers = await asyncio.gather(*(diary.answered(made, place, "accepted") for place in range(4)))
    assert [one.status_code for one in answers] == [201] * 4
    read = (await diary("GET", f"/calendar_event/{made['id']}")).json()["data"]
    assert [one["response_status"] for one in read["attributes"]["attendees"]] == ["accepted"] * 4


async def test_every_look_is_noted(diary: Diary) -> None:
    made = await diary.made()
    await diary("GET", f"/calendar_event?filter[patient]={diary.jack}")
    await diary("DELETE", f"/calendar_event/{made['id']}")
    async with diary.coaching.work() as work:
        rows = await work.tx.fetch(
            "select action from audit.entry where what = 'calendar event' and organization = $1 order by at",
            diary.coaching.organization,
        )
    assert {row["action"] for row in rows} == {"write", "read", "delete"}
