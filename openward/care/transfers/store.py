"""The SQL of migrations: `transfers.migration` and what became of each patient, `transfers.migrated`; of the record."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from openward.care.errors import Conflict
from openward.care.transfers.model import Migration, Outcome, Refusal, Status
from openward.care.work import OrganizationKey, PersonKey, Work

_COLUMNS = "person, organization, status, created_at, updated_at, attested_at, began_at, ended_at"


def _migration(row: asyncpg.Record) -> Migration:
    return Migration(
        person=PersonKey(row["person"]),
        organization=OrganizationKey(row["organization"]),
        status=Status(row["status"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        attested_at=row["attested_at"],
        began_at=row["began_at"],
        ended_at=row["ended_at"],
    )


async def insert(work: Work, made: Migration) -> None:
    """Keep a new one; `Conflict` when the account has one, wherever that may be."""
    try:
        async with work.tx.transaction():
            await work.tx.execute(
                f"insert into transfers.migration ({_COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8)",  # noqa: S608
                made.person,
                made.organization,
                made.status,
                made.created_at,
                made.updated_at,
                made.attested_at,
                made.began_at,
                made.ended_at,
            )
    except asyncpg.UniqueViolationError:
        raise Conflict("the account has a migration already") from None


async def get(work: Work, person: UUID, *, lock: bool = False) -> Migration | None:
    """The migration of an account; with `lock` nobody else changes it until the end of the transaction."""
    row = await work.tx.fetchrow(
        f"select {_COLUMNS} from transfers.migration where person = $1{' for no key update' if lock else ''}",  # noqa: S608
        person,
    )
    return None if row is None else _migration(row)


async def of_organization(work: Work, organization: OrganizationKey) -> list[Migration]:
    """All migrations into an organization, oldest first; there are as many at most as it has members."""
    rows = await work.tx.fetch(
        f"select {_COLUMNS} from transfers.migration where organization = $1 order by created_at, person",  # noqa: S608
        organization,
    )
    return [_migration(row) for row in rows]


async def put(work: Work, changed: Migration) -> None:
    """Write how far it is."""
    await work.tx.execute(
        "update transfers.migration set status = $2, updated_at = $3, began_at = $4, ended_at = $5 where person = $1",
        changed.person,
        changed.status,
        changed.updated_at,
        changed.began_at,
        changed.ended_at,
    )


async def note(work: Work, account: PersonKey, patient: PersonKey, outcome: Outcome, reason: str) -> None:
    """What became of a patient; a later word takes the place of an earlier one."""
    await work.tx.execute(
        "insert into transfers.migrated (account, patient, outcome, reason, at) values ($1, $2, $3, $4, $5)"
        " on conflict (account, patient) do update set outcome = excluded.outcome, reason = excluded.reason,"
        " at = excluded.at",
        account,
        patient,
        outcome,
        reason,
        work.now,
    )


async def outcomes(work: Work, accounts: Sequence[PersonKey]) -> dict[PersonKey, dict[Outcome, int]]:
    """How many patients of each of these accounts had which outcome."""
    rows = await work.tx.fetch(
        "select account, outcome, count(*) n from transfers.migrated where account = any($1::uuid[])"
        " group by account, outcome",
        list(accounts),
    )
    found: dict[PersonKey, dict[Outcome, int]] = {}
    for row in rows:
        found.setdefault(PersonKey(row["account"]), {})[Outcome(row["outcome"])] = row["n"]
    return found


async def refused(work: Work, account: PersonKey) -> set[PersonKey]:
    """Those who were refused so far."""
    rows = await work.tx.fetch(
        "select patient from transfers.migrated where account = $1 and outcome = $2", account, Outcome.REFUSED
    )
    return {PersonKey(row["patient"]) for row in rows}


async def refusals(work: Work, account: PersonKey, limit: int) -> list[Refusal]:
    """Those who were refused and why, newest first."""
    rows = await work.tx.fetch(
        "select patient, reason, at from transfers.migrated where account = $1 and outcome = $2"
        " order by at desc, patient limit $3",
        account,
        Outcome.REFUSED,
        limit,
    )
    return [Refusal(PersonKey(row["patient"]), row["reason"], row["at"]) for row in rows]


async def forget_refusals(work: Work, account: PersonKey) -> None:
    """Nobody has been refused yet."""
    await work.tx.execute(
        "delete from transfers.migrated where account = $1 and outcome = $2", account, Outcome.REFUSED
    )


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """Migrations into one organization go on into another."""
    await work.tx.execute(
        "update transfers.migration set organization = $2, updated_at = $3 where organization = $1",
        source,
        target,
        work.now,
    )


async def on_record(work: Work, people: Sequence[PersonKey]) -> set[PersonKey]:
    """Those of these people of whom any room has written something down."""
    rows = await work.tx.fetch(
        "select p from unnest($1::uuid[]) p where exists (select from transfers.on_record r where r.person = p)",
        list(people),
    )
    return {PersonKey(row["p"]) for row in rows}
