"""The mails of one organization, as a log: to whom, by whom, and what became of each."""

from collections.abc import Collection, Sequence
from uuid import UUID

from openward.care.notices import mailed_store
from openward.care.notices.model import Mailed
from openward.care.work import OrganizationKey, PersonKey, Work


async def receivers(work: Work, organization: OrganizationKey) -> list[PersonKey]:
    """Everybody to whom a mail of the organization went."""
    return await mailed_store.receivers(work, organization)


async def mails(
    work: Work,
    organization: OrganizationKey,
    to: Sequence[PersonKey],
    *,
    sender: PersonKey | None = None,
    templates: Collection[str] | None = None,
    limit: int,
) -> tuple[list[Mailed], int]:
    """The mails of an organization to these people, newest first, and how many there are beyond the limit, too."""
    if not to:
        return [], 0
    chosen = None if templates is None else list(templates)
    found = await mailed_store.search(work, organization, to, sender, chosen, limit)
    if len(found) < limit:
        return found, len(found)
    return found, await mailed_store.count(work, organization, to, sender, chosen)


async def get_mail(work: Work, key: UUID) -> Mailed | None:
    """One mail of an organization to somebody we know."""
    return await mailed_store.get(work, key)


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """After a merge the log goes on in the target."""
    await mailed_store.move(work, source, target)
