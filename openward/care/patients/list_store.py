"""The SQL of lists of an organization's patients in the order they came, past ones included."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from openward.care.work import OrganizationKey, PersonKey, Work


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list is asked for; None means any. Spans are half-open; `after` is the time and key of the last one seen.

    `among`: nobody but these; `groups`: whoever is in one of them.
    """

    groups: tuple[UUID, ...] | None = None
    among: tuple[PersonKey, ...] | None = None
    is_active: bool | None = None
    created: tuple[datetime | None, datetime | None] = (None, None)
    updated: tuple[datetime | None, datetime | None] = (None, None)
    offset: int = 0
    limit: int = 10
    after: tuple[datetime, UUID] | None = None


def _where(organization: OrganizationKey, wanted: Listing) -> tuple[str, list[Any]]:
    """The conditions and their arguments."""
    conditions: list[str] = ["e.organization = $1"]
    values: list[Any] = [organization]

    def ask(condition: str, value: Any) -> None:
        if value is not None:
            values.append(value)
            conditions.append(condition.format(f"${len(values)}"))

    ask(
        "exists (select from patients.group_place g where g.organization = $1 and g.person = e.person"
        " and g.patient_group = any({}::uuid[]))",
        None if wanted.groups is None else list(wanted.groups),
    )
    ask("e.person = any({}::uuid[])", None if wanted.among is None else list(wanted.among))
    ask("e.is_active = {}", wanted.is_active)
    for column, span in (("created_at", wanted.created), ("updated_at", wanted.updated)):
        ask(f"e.{column} >= {{}}", span[0])
        ask(f"e.{column} < {{}}", span[1])
    return " and ".join(conditions), values


async def page(work: Work, organization: OrganizationKey, wanted: Listing) -> list[PersonKey]:
    """The people of one page."""
    conditions, values = _where(organization, wanted)
    if wanted.after is not None:
        values += wanted.after
        conditions += f" and (e.created_at, e.key) > (${len(values) - 1}, ${len(values)}::uuid)"
    rows = await work.tx.fetch(
        f"select e.person from patients.enrolment e where {conditions} order by e.created_at, e.key"  # noqa: S608
        f" limit ${len(values) + 1} offset ${len(values) + 2}",
        *values,
        wanted.limit,
        wanted.offset,
    )
    return [PersonKey(row["person"]) for row in rows]


async def count(work: Work, organization: OrganizationKey, wanted: Listing) -> int:
    """How many there are on all pages."""
    conditions, values = _where(organization, wanted)
    return int(await work.tx.fetchval(f"select count(*) from patients.enrolment e where {conditions}", *values))  # noqa: S608
