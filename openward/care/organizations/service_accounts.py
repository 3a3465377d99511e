"""Programs as members of an organization, with the user that belongs to an OAuth client."""

from openward.care import accounts
from openward.care.errors import Invalid, NotAuthenticated
from openward.care.organizations.members import add_member
from openward.care.organizations.model import Member, Role
from openward.care.work import OrganizationKey, Work


async def add_service_account(
    work: Work, organization: OrganizationKey, *, name: str, client_id: str, client_secret: str
) -> Member:
    """Make the own user of an OAuth client an ordinary member, without address.

    `Invalid` for wrong credentials; `Conflict` for a member; `Unprocessable` when the organization is not migrated.
    """
    try:
        person = await accounts.check_oauth_client(work, client_id, client_secret)
    except NotAuthenticated:
        raise Invalid("the client's credentials are not right", code="invalid-client") from None
    return await add_member(
        work, organization, person=person, email="", roles=[Role.MEMBER], name=name, is_service_account=True
    )
