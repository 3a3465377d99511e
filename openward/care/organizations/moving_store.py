"""The SQL that moves labels and members from one organization to another."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from openward.care.work import OrganizationKey, Work


async def archive_members(work: Work, organization: OrganizationKey, keys: Sequence[UUID]) -> None:
    """Copy these rows whole, with when and by whom they were removed."""
    await work.tx.execute(
        "insert into organizations.archive (key, kind, organization, deleted_at, deleted_by, reason, content)"
        " select gen_random_uuid(), 'member', organization, $3, $4, $5, to_jsonb(m) from organizations.member m"
        " where organization = $1 and key = any($2::uuid[])",
        organization,
        keys,
        work.now,
        None if work.actor.is_service else work.actor.person,
        work.origin.route,
    )


async def move_labels(
    work: Work,
    source: OrganizationKey,
    target: OrganizationKey,
    tags: Sequence[UUID],
    sites: Mapping[UUID, str],
    folded: Mapping[UUID, str],
) -> None:
    """Give tags and sites another organization, and sites the names that they have there."""
    await work.tx.execute(
        "update organizations.tag set organization = $2 where organization = $1 and key = any($3::uuid[])",
        source,
        target,
        tags,
    )
    await work.tx.execute(
        "update organizations.site s set organization = $2, name = given.name, folded = given.folded"
        " from unnest($3::uuid[], $4::text[], $5::text[]) given (key, name, folded)"
        " where s.organization = $1 and s.key = given.key",
        source,
        target,
        list(sites),
        list(sites.values()),
        [folded[site] for site in sites],
    )


async def move_members(work: Work, source: OrganizationKey, target: OrganizationKey, keys: Sequence[UUID]) -> None:
    """Give members another organization."""
    await work.tx.execute(
        "update organizations.member m set organization = $2, updated_at = $4, email = case when exists ("
        "  select from organizations.member t where t.organization = $2 and t.email = m.email) then '' else email end"
        " where organization = $1 and key = any($3::uuid[])",
        source,
        target,
        keys,
        work.now,
    )


async def merged_into(work: Work, organization: OrganizationKey, word: str) -> OrganizationKey | None:
    """What the archive says under this word about an organization that is gone."""
    found = await work.tx.fetchval(
        "select content ->> $2 from organizations.archive where organization = $1 and kind = 'organization'"
        " order by deleted_at desc limit 1",
        organization,
        word,
    )
    return None if found is None else OrganizationKey(UUID(found))
