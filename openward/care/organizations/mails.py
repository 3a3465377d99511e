"""Mails to the people of an organization: that it was made, who may do other things, and what stopped working."""

from openward.care import accounts, notices
from openward.care.organizations import member_store
from openward.care.organizations.member_store import MemberSearch
from openward.care.organizations.model import OrganizationCreated, Role, RolesChanged
from openward.care.organizations.read import get
from openward.care.subscriptions import EndpointDisabled
from openward.care.work import Work

_MOST_ADMINS = 100


async def greet(work: Work, event: OrganizationCreated) -> None:
    """Tell the first admin, unless the organization has no name yet."""
    place = await get(work, event.organization)
    account = (await accounts.get_many(work, [event.admin])).get(event.admin) if event.admin is not None else None
    if account is None or account.email is None or not place.profile.name:
        return
    await notices.send(
        work,
        "clinic_created",
        account.email,
        person=account.key,
        organization=place.key,
        clinic=place.profile.name,
        link=f"{work.tools.settings.public_url}/signin",
    )


async def tell_roles(work: Work, event: RolesChanged) -> None:
    """Tell a member what he may do from now on; programs have no address."""
    member = await member_store.by_key(work, event.member)
    if member is None or not member.email:
        return
    await notices.send(
        work,
        "clinician_permissions_updated",
        member.email,
        person=member.person,
        organization=member.organization,
        clinic=(await get(work, member.organization)).profile.name,
        is_admin=member.is_admin,
        is_staff=member.is_staff,
        link=f"{work.tools.settings.public_url}/signin",
    )


async def tell_endpoint_disabled(work: Work, event: EndpointDisabled) -> None:
    """Tell the admins that an endpoint is told nothing any more; its host says which, for addresses may hold keys."""
    clinic = (await get(work, event.organization)).profile.name
    found = await member_store.search(work, event.organization, MemberSearch(role=Role.ADMIN), 0, _MOST_ADMINS)
    for admin in found:
        if admin.person is not None and admin.email:
            await notices.send(
                work,
                "webhook_disabled",
                admin.email,
                person=admin.person,
                organization=event.organization,
                clinic=clinic,
                host=event.endpoint_host,
                link=f"{work.tools.settings.public_url}/clinic/webhooks",
            )
