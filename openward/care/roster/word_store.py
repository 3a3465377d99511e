"""The SQL of words that are not in the index yet: `roster.entry.is_fresh`."""

from openward.care.work import OrganizationKey, Work


async def sort(work: Work, most: int) -> int:
    """Take words into the index, of as many people; how many. Whose entry is being written comes another time."""
    done = await work.tx.execute(
        "with next as (select organization, person from roster.entry where is_fresh limit $1 for update skip locked)"
        " update roster.entry e set is_fresh = false from next"
        " where e.organization = next.organization and e.person = next.person",
        most,
    )
    return int(done.rsplit(" ", 1)[1])


async def has_fresh(work: Work, organization: OrganizationKey) -> bool:
    """Whether there is anybody on this list whose words are not in the index."""
    found = await work.tx.fetchval(
        "select exists (select from roster.entry where organization = $1 and is_fresh)", organization
    )
    return bool(found)
