"""EHR settings of a clinic: validated to the letter, completed, replaced as a whole."""

import copy
from typing import Any

import pytest

from openward.care import accounts, organizations
from openward.care.organizations import Role

pytestmark = pytest.mark.anyio

WHOLE = {
    "enabled": True,
    "sourceId": "s",
    "destinationIds": {"flowsheet": "f", "results": "r", "notes": "n"},
    "procedureCodes": {
        "enableSummaryReports": "a",
        "disableSummaryReports": "b",
        "createAccount": "c",
        "createAccountAndEnableReports": "d",
    },
    "mrnIdType": "MRN",
    "provider": "redox",
    "scheduledReports": {"onUploadEnabled": True, "cadence": "7d", "onUploadNoteEventType": "Replace"},
    "tags": {"codes": ["x"], "separator": ","},
    "flowsheets": {"icode": False},
    "notes": {"includeGMI": True},
}


def changed(path: str, value: Any = ...) -> dict[str, Any]:
    """The whole body with one thing set, or left out when no value is given."""
    body = copy.deepcopy(WHOLE)
    *above, name = path.split(".")
    place: Any = body
    for part in above:
        place = place[part]
    if value is ...:
        del place[name]
    else:
        place[name] = value
    return body


async def put(link: Any, body: Any) -> Any:
    return await link.call("PUT", f"{link.path}/settings/ehr", body)


async def get(link: Any) -> Any:
    return (await link.call("GET", f"{link.path}/settings/ehr")).json()


async def test_everything_given_is_given_back(link: Any) -> None:
    answer = await put(link, WHOLE | {"unknown": 1})
    assert (answer.status_code, answer.json()) == (200, WHOLE)
    assert await get(link) == WHOLE


async def test_what_may_be_left_out(link: Any) -> None:
    least = {name: WHOLE[name] for name in WHOLE if name not in ("destinationIds", "notes")}
    least |= {"procedureCodes": {}, "tags": {}, "scheduledReports": {"onUploadEnabled": True, "cadence": "DISABLED"}}
    answer = await put(link, least | {"destinationIds": None})
    assert answer.status_code == 200
    assert answer.json() == least | {
        "notes": {"includeGMI": False},
        "scheduledReports": {"onUploadEnabled": True, "cadence": "DISABLED", "onUploadNoteEventType": "New"},
    }
    assert await get(link) == answer.json()


async def test_how_notes_replace_is_kept_only_with_uploads(link: Any) -> None:
    body = changed("scheduledReports.onUploadEnabled", False)
    assert (await put(link, body)).json()["scheduledReports"] == {"onUploadEnabled": False, "cadence": "7d"}


@pytest.mark.parametrize(
    "path",
    [
        *("enabled", "sourceId", "procedureCodes", "mrnIdType", "provider", "scheduledReports", "tags", "flowsheets"),
        *("destinationIds.flowsheet", "destinationIds.results", "destinationIds.notes", "flowsheets.icode"),
        *("scheduledReports.onUploadEnabled", "scheduledReports.cadence"),
    ],
)
async def test_what_must_be_there(link: Any, path: str) -> None:
    assert (await put(link, changed(path))).status_code == 400
    assert (await put(link, changed(path, None))).status_code == 400


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("enabled", "true"),
        ("sourceId", 5),
        ("sourceId", "x" * 256),
        ("mrnIdType", ""),
        ("provider", "epic"),
        ("scheduledReports.cadence", "3d"),
        ("scheduledReports.onUploadNoteEventType", "Old"),
        ("destinationIds.notes", ""),
        ("procedureCodes.enableSummaryReports", ""),
        ("procedureCodes.createAccount", 1),
        ("tags.codes", "x"),
        ("tags.separator", ""),
        ("flowsheets.icode", "no"),
        ("notes.includeGMI", 1),
    ],
)
async def test_bad_values_are_refused(link: Any, path: str, value: Any) -> None:
    before = await get(link)
    answer = await put(link, changed(path, value))
    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "message"}
    assert await get(link) == before


@pytest.mark.parametrize("body", [[], "x", 1])
async def test_a_body_that_is_no_object_is_refused(link: Any, body: Any) -> None:
    assert (await put(link, body)).status_code == 400


async def test_before_they_were_set_there_are_none(link: Any) -> None:
    async with link.work() as work:
        await work.tx.execute("update organizations.organization set ehr = null where key = $1", link.key)
    assert (await link.call("GET", f"{link.path}/settings/ehr")).status_code == 404


async def test_members_read_and_services_alone_write(link: Any) -> None:
    tokens = []
    async with link.work() as work:
        for place, roles in enumerate(((Role.ADMIN,), (Role.MEMBER,), (Role.PRESCRIBER,), ())):
            account = await accounts.create(work, email=f"{link.id}-{place}@example.org", is_verified=True)
            if roles:
                await organizations.add_member(
                    work, link.key, person=account.key, email=account.email or "", roles=roles, name="M"
                )
            tokens.append(await accounts.open_session(work, account.key))
    for token, status in zip(tokens, (200, 200, 403, 403), strict=True):
        path = f"{link.path}/settings/ehr"
        assert (await link.call("GET", path, token=token)).status_code == status
        assert (await link.call("PUT", path, WHOLE, token=token)).status_code == 403
        assert (await link.call("PUT", path, {}, token=token)).status_code == 403
    assert (await link.client.get(f"{link.path}/settings/ehr")).status_code == 400
    assert (await link.call("PUT", f"/v1/clinics/{'0' * 24}/settings/ehr", WHOLE)).status_code == 404
    assert (await link.call("GET", "/v1/clinics/nonsense/settings/ehr")).status_code == 400


async def test_clinics_are_listed_by_it(link: Any) -> None:
    async def listed(flag: str) -> bool:
        params = f"ehrEnabled={flag}&limit=10000"
        return link.id in {one["id"] for one in (await link.call("GET", f"/v1/clinics?{params}")).json()}

    assert (await listed("true"), await listed("false")) == (True, False)
    await put(link, changed("enabled", False))
    assert (await listed("true"), await listed("false")) == (False, True)
