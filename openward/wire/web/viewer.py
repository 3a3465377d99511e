"""Who is looking at a page, and where the head of the page lets them go."""

from dataclasses import dataclass

from openward.care import accounts, organizations
from openward.care.accounts import Account
from openward.care.errors import NotAllowed, NotFound
from openward.care.organizations import Member, Organization
from openward.care.work import OrganizationKey, Work
from openward.gateway.call import Call


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the head of the page."""

    href: str
    text: str
    is_here: bool = False


@dataclass(frozen=True, slots=True)
class Viewer:
    """What templates know of the person: a name to show, and links."""

    name: str
    links: tuple[Link, ...]
    is_operator: bool


async def viewer(work: Work, call: Call) -> Viewer:
    """The signed-in person with the pages that are theirs."""
    account = await _account(work)
    clinics = await organizations.member_organizations(work, account.key)
    places = [("/patients", "Patients"), ("/records", "Audit")] if clinics else []
    places.append(("/me", "My data"))
    if is_operator(work, account):
        places.append(("/outbox", "Outbox"))
    links = tuple(Link(href, text, call.url_path.startswith(href)) for href, text in places)
    profile = await accounts.document(work, account.key, "profile")
    return Viewer(str((profile or {}).get("fullName") or account.email or ""), links, is_operator(work, account))


def is_operator(work: Work, account: Account) -> bool:
    """Whether the installation's settings name this account's address as an operator's."""
    operators = {address.strip().lower() for address in work.tools.settings.operators.split(",") if address.strip()}
    return account.is_email_verified and (account.email or "").lower() in operators


async def require_operator(work: Work) -> None:
    """`NotAllowed` for everybody else."""
    if not is_operator(work, await _account(work)):
        raise NotAllowed("this page is for the operators of the installation")


async def clinic_of(work: Work, chosen: str | None) -> tuple[Organization, Member, list[Organization]]:
    """The clinic that a page is about: the chosen one, else the first; with all clinics of the viewer."""
    account = await _account(work)
    keys = await organizations.member_organizations(work, account.key)
    if not keys:
        raise NotAllowed("this page is for members of a clinic")
    found = await organizations.get_many(work, keys)
    mine = sorted(found.values() if isinstance(found, dict) else found, key=lambda one: one.profile.name.lower())
    wanted = next((one for one in mine if str(one.key) == chosen), None)
    if chosen and wanted is None:
        raise NotFound("no such clinic")
    clinic = wanted or mine[0]
    member = await organizations.membership(work, OrganizationKey(clinic.key), account.key)
    if member is None or not member.is_staff:
        raise NotAllowed("this page is for the staff of a clinic")
    return clinic, member, mine


async def _account(work: Work) -> Account:
    if work.actor.person is None:
        raise NotAllowed("sign in first")
    return await accounts.get(work, work.actor.person)
