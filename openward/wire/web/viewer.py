"""Who is looking at a page, and where the head of the page lets them go."""

from dataclasses import dataclass
from urllib.parse import urlencode

from openward.care import accounts, identity, organizations
from openward.care.accounts import Account
from openward.care.errors import NotAllowed, NotFound
from openward.care.identity import System
from openward.care.organizations import Member, Organization
from openward.care.work import OrganizationKey, Work
from openward.gateway.call import Call

_FOR_STAFF = (
    ("/patients", "Patients"),
    ("/review", "Weekly review"),
    ("/visits", "Visits"),
    ("/coaching", "Coaching"),
    ("/calendar", "Calendar"),
    ("/clinic", "Clinic"),
)
_OF_A_CLINIC = ("/patients", "/review", "/visits", "/coaching", "/calendar", "/clinic", "/records")


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the head of the page."""

    href: str
    text: str
    is_here: bool = False


@dataclass(frozen=True, slots=True)
class Viewer:
    """What templates know of the person: a name to show, and links."""

    account: Account
    name: str
    links: tuple[Link, ...]
    is_operator: bool
    memberships: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """The clinic that a page is about: with its public id, the viewer's membership, and links to his other clinics."""

    clinic: Organization
    id: str
    member: Member
    switches: tuple[Link, ...]

    @property
    def query(self) -> str:
        """What keeps a link in this clinic; nothing for people with one clinic only."""
        return f"?{urlencode({'clinic': self.id})}" if len(self.switches) > 1 else ""

    @property
    def action(self) -> str:
        """What a form adds to its address: the clinic always, so that a change never lands in another one."""
        return f"?{urlencode({'clinic': self.id})}"

    @property
    def units(self) -> str:
        """The glucose units that this clinic reads."""
        return self.clinic.profile.preferred_units or organizations.DEFAULT_UNITS

    def href(self, path: str, said: str = "") -> str:
        """The address of a page of this clinic, where `said` names the message to show there."""
        query = {"clinic": self.id} if len(self.switches) > 1 else {}
        query |= {"said": said} if said else {}
        return f"{path}?{urlencode(query)}" if query else path


async def viewer(work: Work, call: Call) -> Viewer:
    """The signed-in person with the pages that are theirs."""
    if work.actor.person is None:
        raise NotAllowed("sign in first")
    account = await accounts.get(work, work.actor.person)
    memberships = [one for one in await organizations.memberships(work, account.key) if one.is_staff]
    places = [*_FOR_STAFF] if memberships else []
    may_audit = is_operator(work, account) or any(one.is_admin for one in memberships)
    places += [("/records", "Audit")] if may_audit else []
    places.append(("/me", "My data"))
    if is_operator(work, account):
        places += [("/partners", "Partners"), ("/outbox", "Outbox")]
    chosen = call.query.get("clinic", "")
    kept = f"?{urlencode({'clinic': chosen})}" if identity.is_valid(System.CLINIC, chosen) else ""
    links = tuple(
        Link(href + (kept if href in _OF_A_CLINIC else ""), text, _is_here(call.url_path, href))
        for href, text in places
    )
    profile = await accounts.document(work, account.key, "profile")
    name = str(profile.get("fullName") or account.email or "")
    return Viewer(account, name, links, is_operator(work, account), tuple(memberships))


def _is_here(path: str, href: str) -> bool:
    """Whether a page belongs to an entry; a patient's pages of coaching belong to that."""
    if path.startswith("/patients/") and path.split("/")[3:4] in (["coaching"], ["plan"]):
        return href == "/coaching"
    return path.startswith(href)


def is_operator(work: Work, account: Account) -> bool:
    """Whether the installation's settings name this account's address as an operator's."""
    operators = {address.strip().lower() for address in work.tools.settings.operators.split(",") if address.strip()}
    return account.is_email_verified and (account.email or "").lower() in operators


def require_operator(head: Viewer) -> None:
    """`NotAllowed` for everybody else."""
    if not head.is_operator:
        raise NotAllowed("this page is for the operators of the installation")


async def places_of(work: Work, call: Call, head: Viewer) -> list[Place]:
    """All clinics of the viewer by name, the one asked for in the query first; three queries at most.

    `NotAllowed` for people without a clinic, `NotFound` for a clinic that is not the viewer's.
    """
    if not head.memberships:
        raise NotAllowed("this page is for the staff of a clinic")
    keys = [one.organization for one in head.memberships]
    found = await organizations.get_many(work, keys)
    ids = await identity.names(work, list(found), System.CLINIC)
    member = {one.organization: one for one in head.memberships}
    ordered = sorted(found.values(), key=lambda one: (one.profile.name.casefold(), ids[one.key]))
    chosen = call.query.get("clinic")
    if chosen and chosen not in ids.values():
        raise NotFound("no such clinic")
    here = next((one for one in ordered if ids[one.key] == chosen), ordered[0])
    switches = tuple(
        Link(f"/patients?{urlencode({'clinic': ids[one.key]})}", one.profile.name or "Clinic", one is here)
        for one in ordered
    )
    by_choice = [here, *(one for one in ordered if one is not here)]
    return [Place(one, ids[one.key], member[OrganizationKey(one.key)], switches) for one in by_choice]
