"""The SQL of partner clouds as they are set up: `connections.partner`. The secret is sealed before it comes here."""

from collections.abc import Mapping
from typing import Any

from openward.care.work import Work
from openward.infra.db import Record, from_json, to_json

_COLUMNS = "name, base_url, client_id, secret_sealed, policy, modified_at"


def _row(row: Record) -> dict[str, Any]:
    return {**dict(row), "policy": from_json(row["policy"])}


async def of(work: Work, name: str, *, lock: bool = False) -> dict[str, Any] | None:
    """One partner by name, held until the end of the work if so asked."""
    ending = " for update" if lock else ""
    row = await work.tx.fetchrow(
        f"select {_COLUMNS} from connections.partner where name = $1{ending}",  # noqa: S608 -- constants
        name,
    )
    return None if row is None else _row(row)


async def every(work: Work) -> list[dict[str, Any]]:
    """All of them, by name."""
    rows = await work.tx.fetch(f"select {_COLUMNS} from connections.partner order by name")  # noqa: S608 -- constants
    return [_row(row) for row in rows]


async def put(
    work: Work, name: str, base_url: str, client_id: str, secret_sealed: bytes, policy: Mapping[str, Any]
) -> None:
    """Set one up anew or in another way."""
    await work.tx.execute(
        "insert into connections.partner (name, base_url, client_id, secret_sealed, policy, created_at, modified_at)"
        " values ($1, $2, $3, $4, $5, $6, $6) on conflict (name) do update set base_url = excluded.base_url,"
        " client_id = excluded.client_id, secret_sealed = excluded.secret_sealed, policy = excluded.policy,"
        " modified_at = excluded.modified_at",
        name,
        base_url,
        client_id,
        secret_sealed,
        to_json(policy),
        work.now,
    )
