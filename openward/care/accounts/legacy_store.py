"""SQL that pages through the sharing relations of one account."""

from collections.abc import Sequence
from uuid import UUID

from openward.care.accounts.model import Grant
from openward.care.work import PersonKey, Work


async def shared_with(work: Work, grantee: UUID, after: UUID, limit: int | None) -> list[Grant]:
    """Grants to one account in the order of their owners."""
    rows = await work.tx.fetch(
        "select owner, permissions from accounts.sharing where grantee = $1 and owner > $2 order by owner limit $3",
        grantee,
        after,
        limit,
    )
    return [Grant(PersonKey(row["owner"]), PersonKey(grantee), frozenset(row["permissions"])) for row in rows]


async def count_shared_with(work: Work, grantees: Sequence[UUID]) -> dict[PersonKey, int]:
    """How many grants each of these accounts has."""
    rows = await work.tx.fetch(
        "select grantee, count(*) n from accounts.sharing where grantee = any($1::uuid[]) group by grantee",
        list(grantees),
    )
    return {PersonKey(row["grantee"]): row["n"] for row in rows}


async def lock_against_grants(work: Work, grantee: UUID) -> None:
    """A new grant refers to the account's row, for which this lock leaves no room."""
    await work.tx.execute("select from accounts.account where person = $1 for update", grantee)
