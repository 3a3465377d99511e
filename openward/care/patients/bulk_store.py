"""The SQL that changes labels of many enrolments at once; each statement gives back whose it changed."""

from collections.abc import Sequence
from uuid import UUID

from openward.care.work import OrganizationKey, PersonKey, Work


async def add_tag(
    work: Work, organization: OrganizationKey, tag: UUID, people: Sequence[PersonKey] | None
) -> list[PersonKey]:
    """Give a tag to these active patients (None: all) where it is missing."""
    rows = await work.tx.fetch(
        "update patients.enrolment set tags = array_append(tags, $2), updated_at = $3"  # noqa: S608 -- constants
        f" where organization = $1 and is_active and not tags @> array[$2::uuid]{_of(people)} returning person",
        *(organization, tag, work.now, *_given(people)),
    )
    return [PersonKey(row["person"]) for row in rows]


async def remove_tag(
    work: Work, organization: OrganizationKey, tag: UUID, people: Sequence[PersonKey] | None
) -> list[PersonKey]:
    """Take a tag off these active patients (None: all) where it is there."""
    rows = await work.tx.fetch(
        "update patients.enrolment set tags = array_remove(tags, $2), updated_at = $3"  # noqa: S608 -- constants
        f" where organization = $1 and is_active and tags @> array[$2::uuid]{_of(people)} returning person",
        *(organization, tag, work.now, *_given(people)),
    )
    return [PersonKey(row["person"]) for row in rows]


async def forget(
    work: Work, column: str, organization: OrganizationKey, label: UUID, people: Sequence[PersonKey] | None, most: int
) -> list[PersonKey]:
    """Take a deleted tag (`tags`) or site (`sites`) off these enrolments or, without names, off the first `most`.

    Inactive and removed ones lose it as well: it is gone for good.
    """
    rows = await work.tx.fetch(
        # Materialized, or else the planner may look for another batch with every row that it compares.
        "with batch as materialized (select person from patients.enrolment"  # noqa: S608 -- constants
        f" where organization = $1 and {column} @> array[$2::uuid]{_of(people, 5)} order by person limit $4"
        f" for no key update) update patients.enrolment e set {column} = array_remove(e.{column}, $2), updated_at = $3"
        " from batch where e.organization = $1 and e.person = batch.person returning e.person",
        *(organization, label, work.now, most, *_given(people)),
    )
    return [PersonKey(row["person"]) for row in rows]


async def tag_to_site(work: Work, organization: OrganizationKey, tag: UUID, site: UUID) -> list[tuple[PersonKey, bool]]:
    """Whoever has the tag gets the site instead; with each, whether he is active."""
    return await _swapped(
        work,
        "update patients.enrolment set tags = array_remove(tags, $2), sites = array_append(sites, $3), updated_at = $4"
        " where organization = $1 and tags @> array[$2::uuid] returning person, is_active",
        *(organization, tag, site),
    )


async def site_to_site(
    work: Work, organization: OrganizationKey, source: UUID, target: UUID
) -> list[tuple[PersonKey, bool]]:
    """Whoever has the source gets the target in its place, once; with each, whether he is active."""
    return await _swapped(
        work,
        "update patients.enrolment set updated_at = $4, sites = case when sites @> array[$3::uuid]"
        " then array_remove(sites, $2) else array_replace(sites, $2, $3) end"
        " where organization = $1 and sites @> array[$2::uuid] returning person, is_active",
        *(organization, source, target),
    )


async def _swapped(work: Work, sql: str, *keys: UUID) -> list[tuple[PersonKey, bool]]:
    rows = await work.tx.fetch(sql, *keys, work.now)
    return [(PersonKey(row["person"]), row["is_active"]) for row in rows]


def _of(people: Sequence[PersonKey] | None, place: int = 4) -> str:
    return "" if people is None else f" and person = any(${place}::uuid[])"


def _given(people: Sequence[PersonKey] | None) -> list[Sequence[PersonKey]]:
    return [] if people is None else [people]
