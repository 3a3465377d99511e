"""What is deleted is kept apart, whole, with when, by whom and by what."""

from typing import Any
from uuid import UUID

import pytest

pytestmark = pytest.mark.anyio


async def _archived(clinic: Any, table: str, column: str, key: UUID | str) -> tuple[Any, ...]:
    row = await clinic.house.pool.fetchrow(
        f"select deleted_by, reason, deleted_at is not null dated from {table}.archive where {column} = $1", key
    )
    return row["deleted_by"], row["reason"], row["dated"]


async def test_a_deleted_patient_says_who_and_why(clinic: Any) -> None:
    made = await clinic.patient()
    answer = await clinic.admin("DELETE", f"{clinic.path}/patients/{made['id']}")
    assert answer.status_code == 204, answer.text
    person = await clinic.house.pool.fetchval(
        "select entity from identity.name where system = 'tidepool-user' and value = $1", made["id"]
    )
    route = "DELETE /v1/clinics/{clinicId}/patients/{patientId}"
    assert await _archived(clinic, "patients", "person", person) == (clinic.admin.key, route, True)


async def test_a_removed_clinician_says_who_and_why(clinic: Any) -> None:
    answer = await clinic.admin("DELETE", f"{clinic.path}/clinicians/{clinic.member.user_id}")
    assert answer.status_code == 200, answer.text
    route = "DELETE /v1/clinics/{clinicId}/clinicians/{clinicianId}"
    who = str(clinic.member.key)
    assert await _archived(clinic, "organizations", "content ->> 'person'", who) == (clinic.admin.key, route, True)


async def test_what_a_service_deletes_names_no_person(clinic: Any) -> None:
    answer = await clinic.service("DELETE", clinic.path)
    assert answer.status_code == 204, answer.text
    key = await clinic.house.pool.fetchval(
        "select entity from identity.name where system = 'tidepool-clinic' and value = $1", clinic.body["id"]
    )
    kept = await clinic.house.pool.fetch(
        "select kind, deleted_by, reason from organizations.archive where organization = $1", key
    )
    assert {row["kind"] for row in kept} == {"organization", "member"}
    assert {(row["deleted_by"], row["reason"]) for row in kept} == {(None, "DELETE /v1/clinics/{clinicId}")}
