"""Pushes are asked for: one task for each patient with active reports, or a 404."""

from datetime import timedelta
from typing import Any

import pytest

from openward.care import accounts, ehr

pytestmark = pytest.mark.anyio


async def tasks(link: Any) -> list[Any]:
    return list(
        await link.pool.fetch(
            "select * from ehr.sync_task where organization = $1 and not is_order order by created_at, key", link.key
        )
    )


async def sync(link: Any, path: str) -> int:
    answer = await link.call("POST", f"{path}/ehr/sync")
    if answer.status_code == 202:
        assert answer.content == b""
    return int(answer.status_code)


async def test_one_task_for_each_active_patient(link: Any) -> None:
    for place in range(3):
        await link.patient(mrn=f"A{place}")
        assert await link.order("ENABLE", mrn=f"A{place}") == ("done", None)
    assert await link.order("DISABLE", mrn="A2") == ("done", None)
    await link.patient(mrn="B1")
    assert await sync(link, link.path) == 202
    found = await tasks(link)
    assert len(found) == len({one["person"] for one in found}) == 2
    assert {one["state"] for one in found} == {"due"}
    assert {one["previous"] for one in found} == {None}
    assert all(len(one["name"]) == 24 and int(one["name"], 16) for one in found)


async def test_a_task_names_the_last_order_and_the_task_before(link: Any) -> None:
    user = (await link.patient())["id"]
    await link.order("ENABLE")
    assert await sync(link, f"/v1/patients/{user}") == 202
    assert await sync(link, f"/v1/patients/{user}") == 202
    await link.order("ENABLE")
    assert await sync(link, link.path) == 202
    first, second, third = await tasks(link)
    assert (first["previous"], second["previous"], third["previous"]) == (None, first["key"], None)
    assert first["message"] == second["message"] != third["message"]


async def test_a_clinic_without_an_enabled_link_with_redox(link: Any) -> None:
    await link.patient()
    await link.order("ENABLE")
    await link.settings(enabled=False)
    assert await sync(link, link.path) == 404
    await link.settings(provider="xealth")
    assert await sync(link, link.path) == 404
    assert await sync(link, f"/v1/clinics/{'0' * 24}") == 404
    assert await sync(link, "/v1/clinics/nonsense") == 400
    assert await tasks(link) == []


async def test_a_linked_clinic_without_subscriptions_is_no_error(link: Any) -> None:
    assert await sync(link, link.path) == 202
    assert await tasks(link) == []


async def test_a_patient_without_active_reports(link: Any) -> None:
    user = (await link.patient())["id"]
    assert await sync(link, f"/v1/patients/{user}") == 404
    await link.order("ENABLE")
    assert await sync(link, f"/v1/patients/{user}") == 202
    await link.settings(scheduledReports={"onUploadEnabled": False, "cadence": "7d"})
    assert await sync(link, f"/v1/patients/{user}") == 404
    assert await sync(link, link.path) == 202
    await link.settings(enabled=False)
    assert await sync(link, f"/v1/patients/{user}") == 404
    await link.settings()
    await link.order("DISABLE")
    assert await sync(link, f"/v1/patients/{user}") == 404
    assert await sync(link, "/v1/patients/0123456789") == 404
    assert await sync(link, "/v1/patients/nonsense") == 400
    assert len(await tasks(link)) == 2


async def test_another_mrn_ends_it_and_a_new_order_begins_it_again(link: Any) -> None:
    user = (await link.patient())["id"]
    await link.order("ENABLE")
    body = {"fullName": "Pat Smith", "birthDate": "1990-02-03", "mrn": "A9"}
    assert (await link.call("PUT", f"{link.path}/patients/{user}", body)).status_code == 200
    assert await link.is_active(user) is False
    assert await sync(link, f"/v1/patients/{user}") == 404
    assert await link.order("ENABLE", mrn="A9") == ("done", None)
    assert await sync(link, f"/v1/patients/{user}") == 202


async def test_services_only(link: Any) -> None:
    user = (await link.patient())["id"]
    async with link.work() as work:
        account = await accounts.create(work, email=f"{link.id}@example.org", is_verified=True)
        token = await accounts.open_session(work, account.key)
    for path in (link.path, f"/v1/patients/{user}", "/v1/clinics/nonsense"):
        assert (await link.call("POST", f"{path}/ehr/sync", token=token)).status_code == 403


async def test_tasks_are_kept_for_ninety_days(link: Any) -> None:
    user = (await link.patient())["id"]
    await link.order("ENABLE")
    for _ in range(2):
        assert await sync(link, f"/v1/patients/{user}") == 202
    first, second = await tasks(link)
    async with link.work() as work:
        age = "update ehr.sync_task set created_at = $2 where key = $1"
        await work.tx.execute(age, first["key"], work.now - timedelta(days=90, seconds=1))
        await work.tx.execute(age, second["key"], work.now - timedelta(days=89))
        await ehr.sweep_job(work, {})
    (left,) = await tasks(link)
    assert (left["key"], left["previous"]) == (second["key"], None)
