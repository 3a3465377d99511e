"""The SQL of tags and sites: `organizations.tag` and `organizations.site`, two tables of one shape."""

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from openward.care.organizations.model import Label
from openward.care.work import OrganizationKey, Work


class LabelKind(StrEnum):
    """Which of the two tables; the value is its name."""

    TAG = "tag"
    SITE = "site"


async def of(
    work: Work, kind: LabelKind, organizations: Sequence[OrganizationKey]
) -> dict[OrganizationKey, list[Label]]:
    """All of these organizations, in the order they were made."""
    rows = await work.tx.fetch(
        f"select key, organization, name from organizations.{kind}"  # noqa: S608 -- one of two constants
        " where organization = any($1::uuid[]) order by created_at, key",
        list(organizations),
    )
    found: dict[OrganizationKey, list[Label]] = {}
    for row in rows:
        owner = OrganizationKey(row["organization"])
        found.setdefault(owner, []).append(Label(row["key"], owner, row["name"]))
    return found


async def insert(work: Work, kind: LabelKind, label: Label, folded: str) -> None:
    """Keep a new one."""
    await work.tx.execute(
        f"insert into organizations.{kind} (key, organization, name, folded, created_at)"  # noqa: S608
        " values ($1, $2, $3, $4, $5)",
        label.key,
        label.organization,
        label.name,
        folded,
        work.now,
    )


async def rename(work: Work, kind: LabelKind, label: Label, folded: str) -> None:
    """Give it another name."""
    await work.tx.execute(
        f"update organizations.{kind} set name = $2, folded = $3 where key = $1",  # noqa: S608
        label.key,
        label.name,
        folded,
    )


async def delete(work: Work, kind: LabelKind, organization: OrganizationKey, key: UUID) -> bool:
    """Remove it; whether it was there."""
    done = await work.tx.execute(
        f"delete from organizations.{kind} where organization = $1 and key = $2",  # noqa: S608
        organization,
        key,
    )
    return bool(done != "DELETE 0")
