"""The SQL that takes many entries off a list: entries come first, then figures, then labels, as everywhere."""

from collections.abc import Sequence
from uuid import UUID

from openward.care.roster.model import SCOPES
from openward.care.work import OrganizationKey, PersonKey, Work


async def delete(work: Work, organization: OrganizationKey, people: Sequence[PersonKey]) -> int:
    """Remove the entries and figures of these people; how many entries there were."""
    done = await work.tx.execute(
        "delete from roster.entry where organization = $1 and person = any($2::uuid[])", organization, list(people)
    )
    await work.tx.execute(
        "delete from roster.figures where scope = any($3::text[]) and organization = $1 and person = any($2::uuid[])",
        organization,
        list(people),
        list(SCOPES),
    )
    return int(done.rsplit(" ", 1)[1])


async def delete_labels(work: Work, organization: OrganizationKey, people: Sequence[PersonKey]) -> dict[UUID, int]:
    """Take all labels off these people; how many had which."""
    rows = await work.tx.fetch(
        "with gone as (delete from roster.label where organization = $1 and person = any($2::uuid[]) returning label)"
        " select label, count(*) n from gone group by label",
        organization,
        list(people),
    )
    return {row["label"]: row["n"] for row in rows}
