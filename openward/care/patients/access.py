"""Who may see or write a person's data: the person, whom he lets, the organizations that care for him, services."""

from collections.abc import Sequence

from openward.care import accounts, organizations
from openward.care.errors import NotAllowed
from openward.care.patients import many_store, store
from openward.care.patients.model import Permission
from openward.care.work import ActorKind, OrganizationKey, PersonKey, Work


async def may(work: Work, person: PersonKey, permission: Permission) -> bool:
    """Whether the caller has this permission on that person.

    Services have all, and everybody on himself. The holder of a link made for a person may look. Otherwise a grant
    between people counts, or a membership in an organization whose enrolment of the person gives the permission.
    """
    actor = work.actor
    if actor.is_service or actor.is_person(person):
        return True
    if actor.kind is ActorKind.LINK:
        return actor.person == person and permission is Permission.VIEW
    if actor.kind is ActorKind.CLIENT:
        return actor.organization in await store.organizations_that_may(work, person, permission)
    if actor.kind is not ActorKind.PERSON or actor.person is None:
        return False
    if permission.value in await accounts.permissions(work, person, actor.person):
        return True
    for organization in await store.organizations_that_may(work, person, permission):
        if await organizations.may_act(work, organization):
            return True
    return False


async def present(work: Work, organization: OrganizationKey, people: Sequence[PersonKey]) -> set[PersonKey]:
    """Those of these people who are patients of the organization and have not been taken out; one statement."""
    return await many_store.present(work, organization, list(people)) if people else set()


async def require(work: Work, person: PersonKey, permission: Permission) -> None:
    """`NotAllowed` unless the caller has this permission on that person."""
    if not await may(work, person, permission):
        raise NotAllowed("user is not authorized", code="unauthorized")
