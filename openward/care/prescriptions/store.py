"""The only SQL of the room: `prescriptions.prescription`, `prescriptions.revision`."""

from datetime import date
from typing import Any
from uuid import UUID

from openward.care.prescriptions.model import Prescription, Query, State
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.infra.db import Record, from_json, to_json

# A submitted prescription that nobody claimed in time is expired without anybody having to say so.
_STATE = "case when p.state = 'submitted' and p.expires_at <= $1 then 'expired' else p.state end"
_SELECT = (
    f"select p.key, p.organization, p.person, {_STATE} as state, p.prescriber, p.revision, p.expires_at,"  # noqa: S608
    " p.created_at, p.created_by, p.modified_at, p.modified_by, r.attributes, r.created_at as revised_at,"
    " r.created_by as revised_by from prescriptions.prescription p"
    " join prescriptions.revision r on r.prescription = p.key and r.number = p.revision"
)


def _prescription(row: Record) -> Prescription:
    values = dict(row)
    return Prescription(**values | {"state": State(values["state"]), "attributes": from_json(values["attributes"])})


async def insert(work: Work, key: UUID, organization: OrganizationKey, by: PersonKey) -> None:
    """A new prescription without a revision; `revise` follows in the same work."""
    await work.tx.execute(
        "insert into prescriptions.prescription"
        " (key, organization, state, revision, created_at, created_by, modified_at, modified_by)"
        " values ($1, $2, 'draft', 0, $3, $4, $3, $4)",
        key,
        organization,
        work.now,
        by,
    )


async def revise(work: Work, key: UUID, values: dict[str, Any], attributes: object, by: PersonKey) -> None:
    """The next revision, and what the prescription says of itself from now on."""
    number = await work.tx.fetchval(
        "update prescriptions.prescription set revision = revision + 1, state = $2, birth_date = $3,"
        " patient_email = $4, prescriber = $5, access_code = $6, expires_at = $7, modified_at = $8, modified_by = $9"
        " where key = $1"
        " returning revision",
        key,
        values["state"].value,
        values["birth_date"],
        values["email"],
        values["prescriber"],
        values["access_code"],
        values["expires_at"],
        work.now,
        by,
    )
    await work.tx.execute(
        "insert into prescriptions.revision (prescription, number, attributes, created_at, created_by)"
        " values ($1, $2, $3, $4, $5)",
        key,
        number,
        to_json(attributes),
        work.now,
        by,
    )


async def lock(work: Work, key: UUID) -> None:
    """Hold a prescription until the end of the work."""
    await work.tx.execute("select from prescriptions.prescription where key = $1 for update", key)


async def find(work: Work, key: UUID) -> Prescription | None:
    """One prescription."""
    row = await work.tx.fetchrow(f"{_SELECT} where p.key = $2", work.now, key)
    return None if row is None else _prescription(row)


async def list_of(
    work: Work, organization: OrganizationKey | None, query: Query, offset: int, limit: int
) -> list[Prescription]:
    """Prescriptions of an organization (None: of any), newest first."""
    rows = await work.tx.fetch(
        f"{_SELECT} where ($2::uuid is null or p.organization = $2) and ($3::uuid is null or p.key = $3)"
        " and ($4::uuid is null or p.person = $4) and ($5::text is null or p.patient_email = $5)"
        f" and ($6::text is null or {_STATE} = $6)"
        " and ($7::timestamptz is null or p.created_at >= $7) and ($8::timestamptz is null or p.created_at < $8)"
        " and ($9::timestamptz is null or p.modified_at >= $9) and ($10::timestamptz is null or p.modified_at < $10)"
        " order by p.created_at desc, p.key desc offset $11 limit $12",
        work.now,
        organization,
        query.key,
        query.person,
        query.email,
        query.state.value if query.state else None,
        query.created_after,
        query.created_before,
        query.modified_after,
        query.modified_before,
        offset,
        limit,
    )
    return [_prescription(row) for row in rows]


async def delete(work: Work, key: UUID) -> None:
    """Remove a prescription with its revisions."""
    await work.tx.execute("delete from prescriptions.prescription where key = $1", key)


async def lock_claimable(work: Work, access_code: str, birth_date: date) -> UUID | None:
    """The submitted prescription of this code for somebody born that day, held until the end of the work."""
    key: UUID | None = await work.tx.fetchval(
        "select key from prescriptions.prescription"
        " where access_code = $1 and birth_date = $2 and state = 'submitted' and expires_at > $3 for update",
        access_code,
        birth_date,
        work.now,
    )
    return key


async def set_claimed(work: Work, key: UUID, person: PersonKey) -> None:
    """It is this person's from now on; the code has done its work."""
    await work.tx.execute(
        "update prescriptions.prescription set state = 'claimed', person = $2, access_code = null, expires_at = null,"
        " modified_at = $3, modified_by = $2 where key = $1",
        key,
        person,
        work.now,
    )


async def set_active(work: Work, key: UUID, person: PersonKey) -> None:
    """This one is in use, the person's others no more."""
    await work.tx.execute(
        "update prescriptions.prescription set state = case when key = $1 then 'active' else 'inactive' end,"
        " modified_at = $3, modified_by = $2 where person = $2 and (key = $1 or state = 'active')",
        key,
        person,
        work.now,
    )
