"""Asking a patient to connect a partner cloud: the link that lets him, the mail that carries it, one reminder.

A person has one such link a partner: a newer request makes the older one worthless, whichever clinic it came from.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from openward.care import accounts, notices, organizations, patients
from openward.care.accounts import Account, RestrictedToken
from openward.care.connections import store
from openward.care.connections.model import SourceState
from openward.care.connections.partners import known_partners, partners
from openward.care.errors import NotFound
from openward.care.patients import AddressChanged, ConnectionRequested, Enrolment
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.infra.crypto import token_hash
from openward.infra.jobs import Deferred

REMIND: Final = "connections.remind"
REMIND_AFTER: Final = timedelta(days=7)
PARTNERS: Final = {"dexcom": "Dexcom", "twiist": "twiist", "abbott": "Abbott"}
"""The partner clouds that the Clinics API names, and how people know them."""
_WAITING = {"pending", "pendingReconnect"}


async def askable(work: Work) -> dict[str, str]:
    """The partner clouds that an organization can ask for, with the names that people know: all that are set up too."""
    return PARTNERS | {one.name: one.code.title for one in await partners(work)}


async def send_request(work: Work, event: ConnectionRequested) -> None:
    """Make the link and mail it; the reminder follows a week later.

    Who is asked over and over keeps the link and the mail that he has.
    """
    if await accounts.may_mail(work, str(event.person), f"connect:{event.organization}:{event.provider}"):
        await _send(work, event.organization, event.person, event.provider)


async def repeat_requests(work: Work, event: AddressChanged) -> None:
    """Send what still waits to the new address: the mails to the old one are worthless from now on.

    Of each partner the latest request, whichever clinic it came from; and once, however many records have followed.
    """
    latest: dict[str, tuple[datetime, OrganizationKey]] = {}
    for one in await patients.peek_all(work, event.person):
        for provider, requests in one.connection_requests.items():
            if requests and one.is_active and not one.is_deceased and _state(one, provider) in _WAITING:
                mine = (requests[0].at, one.organization)
                latest[provider] = max(latest.get(provider, mine), mine)
    sent = {link.paths for link in await accounts.links(work, event.person) if link.created_at == work.now}
    for provider, (_, organization) in latest.items():
        if (path_of(provider),) not in sent:
            await _send(work, organization, event.person, provider)


async def remind(work: Work, data: Mapping[str, Any]) -> None:
    """The job: mail the same link once more, unless the patient has connected or another request has come since."""
    organization = await organizations.successor(work, OrganizationKey(UUID(data["organization"])))
    person, provider = PersonKey(UUID(data["person"])), str(data["provider"])
    enrolment = await patients.peek(work, organization, person)
    if enrolment is None or not enrolment.is_active or _state(enrolment, provider) not in _WAITING:
        return
    if await store.list_of(work, person, {"provider_name": provider, "state": SourceState.CONNECTED.value}, limit=1):
        return
    account = await accounts.get(work, person)
    for link in await accounts.links(work, person):
        is_same = link.paths == (path_of(provider),) and link.created_at.isoformat() == data["made_at"]
        # A reminder that was put down before links had marks knows the time only.
        if (
            is_same
            and data.get("link", _mark(link)) == _mark(link)
            and link.used_at is None
            and link.expires_at > work.now
        ):
            await _mail(work, enrolment, account, link, provider, "reminder", "connect")


async def _send(work: Work, organization: OrganizationKey, person: PersonKey, provider: str) -> None:
    account = await accounts.lock(work, person)  # two clinics that ask at once: one link is left
    enrolment = await patients.peek(work, organization, person)
    if enrolment is None:
        raise NotFound("patient not found")
    path = path_of(provider)
    await accounts.delete_links(work, person, with_paths=[path])
    link = await accounts.create_link(work, person, [path], work.now + patients.LINK_LIFE)
    kind = "reconnect" if _state(enrolment, provider) == "pendingReconnect" else "connect"
    await _mail(work, enrolment, account, link, provider, "request", kind)
    data = {"organization": str(organization), "person": str(person), "provider": provider}
    data |= {"made_at": link.created_at.isoformat(), "link": _mark(link)}
    work.tasks.append(Deferred(REMIND, data, not_before=work.now + REMIND_AFTER))


def _mark(link: RestrictedToken) -> str:
    """What tells a link from all others and opens nothing: requests of one millisecond have links of one time."""
    return token_hash(link.token).hex()


async def _mail(
    work: Work, enrolment: Enrolment, account: Account, link: RestrictedToken, provider: str, verb: str, kind: str
) -> None:
    address = account.email or enrolment.email
    if address is None or enrolment.is_deceased:
        return
    if kind == "connect" and account.is_custodial:
        kind = "connect_custodial"
    place = await organizations.get(work, enrolment.organization)
    url = work.tools.settings.public_url
    await notices.send(
        work,
        f"{verb}_{provider}_{kind}",
        address,
        person=enrolment.person,
        organization=enrolment.organization,
        name=enrolment.full_name,
        clinic=place.profile.name,
        partner=title_of(work, provider),
        link=f"{url}{path_of(provider)}/authorize?restricted_token={quote(link.token)}",
        days=max(1, (link.expires_at - work.now).days),
    )


def title_of(work: Work, provider: str) -> str:
    """How people know a partner, set up or not."""
    code = known_partners(work).get(provider)
    return code.title if code is not None else PARTNERS.get(provider, provider)


def path_of(provider: str) -> str:
    """What a link must cover to let somebody connect this partner."""
    return f"/v1/oauth/{provider}"


def _state(enrolment: Enrolment, provider: str) -> str | None:
    return next((source.state for source in enrolment.data_sources or () if source.provider == provider), None)
