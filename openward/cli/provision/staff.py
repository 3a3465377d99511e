"""People who work for an organization, named by their address wherever a file speaks of them."""

from openward.care import accounts, organizations
from openward.care.organizations import Role
from openward.care.work import MemberKey, OrganizationKey, PersonKey, Work


async def member_by_email(
    work: Work, organization: OrganizationKey, email: str, name: str
) -> tuple[PersonKey, MemberKey]:
    """Person and member with this address; account and membership are made when missing.

    Such an account has no password yet: its owner sets one by the mail for a forgotten password.
    """
    found = await accounts.by_email(work, email)
    if found is None:
        found = await accounts.create(work, email=email, roles=("clinic",), is_verified=True, full_name=name)
    present = await organizations.membership(work, organization, found.key)
    if present is None:
        present = await organizations.add_member(
            work, organization, person=found.key, email=found.email or email, roles=(Role.MEMBER,), name=name
        )
    return found.key, present.key
