"""Inviting people to work for an organization: by mail, answered by whoever proved to have the address."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from openward.care import accounts, notices
from openward.care.accounts import Account, Confirmation, ConfirmationStatus, ConfirmationType
from openward.care.errors import Conflict, NotAllowed, NotFound, TooMany
from openward.care.organizations import member_store, store
from openward.care.organizations.members import add_member, lock_migrated, membership
from openward.care.organizations.model import Member, Organization, Role
from openward.care.organizations.read import get_many
from openward.care.organizations.rules import Admission, admission
from openward.care.work import ActorKind, OrganizationKey, PersonKey, Work

_KIND = ConfirmationType.CLINICIAN
_UNKNOWN = "invite not found"


@dataclass(frozen=True, slots=True)
class Invite:
    """An invite as its receiver sees it: where to, and whether he may accept it the way he is signed in now."""

    key: str
    confirmation: Confirmation
    organization: Organization
    admission: Admission


async def invite_member(work: Work, organization: OrganizationKey, *, email: str, roles: Sequence[Role]) -> Member:
    """Make a pending member and mail the address; `Member.invite` names the invite from now on.

    `Invalid` for no address; `Unprocessable` when the organization is not migrated yet; `Conflict` when the address
    belongs to a member or is invited already.
    """
    address = accounts.clean_email(email)
    place = await lock_migrated(work, organization)
    account = await accounts.by_email(work, address)
    if account is not None and await membership(work, organization, account.key) is not None:
        raise Conflict("the clinician is a member already")
    made = await accounts.issue_confirmation(
        work,
        _KIND,
        email=address,
        # An account whose address nobody has confirmed may be anybody's.
        person=account.key if account is not None and account.is_email_verified else None,
        creator=work.actor.person if work.actor.kind is ActorKind.PERSON else None,
        organization=organization,
    )
    key = accounts.confirmation_key(work, made)
    pending = await add_member(work, organization, person=None, email=address, roles=roles, invite=key)
    await _mail(work, place, made, account)
    return pending


async def resend_invite(work: Work, organization: OrganizationKey, key: str) -> Confirmation:
    """Mail a waiting invite again, with the same key; `NotFound` when none waits."""
    place = await lock_migrated(work, organization)
    found = await accounts.prolong_confirmation(work, await invite_confirmation(work, organization, key))
    await _mail(work, place, found, await accounts.by_email(work, found.email))
    return found


async def invite_confirmation(work: Work, organization: OrganizationKey, key: str) -> Confirmation:
    """The confirmation of an invite that waits, or `NotFound`."""
    found = await accounts.confirmation_by_key(work, key, _KIND)
    if found.organization != organization:
        raise NotFound(_UNKNOWN)
    return found


async def invited_member(work: Work, organization: OrganizationKey, key: str) -> Member:
    """The pending member of an invite, or `NotFound`."""
    found = await member_store.by_invite(work, organization, key)
    if found is None:
        raise NotFound(_UNKNOWN)
    return found


async def cancel_invite(work: Work, organization: OrganizationKey, key: str) -> None:
    """Withdraw an invite and remove its pending member; one that is gone or answered is no error."""
    await lock_migrated(work, organization)
    pending = await member_store.by_invite(work, organization, key)
    if pending is not None:
        await _discard(work, pending)
    await _settle(work, organization, key, ConfirmationStatus.CANCELED)


async def discard_invited(work: Work, organization: OrganizationKey, key: str) -> None:
    """The same, but `NotFound` when there is no such pending member."""
    await lock_migrated(work, organization)
    await invited_member(work, organization, key)
    await cancel_invite(work, organization, key)


async def join_invited(work: Work, organization: OrganizationKey, key: str, person: PersonKey) -> Member:
    """Make the pending member of an invite this person; `NotFound`, `Unprocessable`, or `Conflict` for a member."""
    account = await accounts.lock(work, person)
    await lock_migrated(work, organization)
    joined = await _join(work, await invited_member(work, organization, key), account)
    await _settle(work, organization, key, ConfirmationStatus.COMPLETED)
    return joined


async def received_invites(work: Work, person: PersonKey) -> list[Invite]:
    """What waits for a person, newest first; nothing until the address is confirmed, for it may be somebody else's."""
    account = await accounts.get(work, person)
    found = await _waiting(work, account)
    places = await get_many(work, list({one.organization for one in found if one.organization is not None}))
    return [
        Invite(accounts.confirmation_key(work, one), one, place, _admission(work, place, account))
        for one in found
        if one.organization is not None and (place := places.get(one.organization)) is not None
    ]


async def accept_invite(work: Work, person: PersonKey, key: str) -> Member:
    """Join. `NotFound` for an invite that does not wait for this person, `NotAllowed` when restrictions forbid it."""
    account = await accounts.lock(work, person)
    place = await _invited_to(work, account, key)
    found = await invite_confirmation(work, place.key, key)
    if not _admission(work, place, account).may_join:
        raise NotAllowed("the clinic's membership restrictions forbid it", code="unauthorized")
    joined = await _join(work, await invited_member(work, place.key, key), account)
    await accounts.close_confirmation(work, found, ConfirmationStatus.COMPLETED)
    return joined


async def decline_invite(work: Work, person: PersonKey, key: str) -> None:
    """Decline: the pending member goes. `NotFound` for an invite that does not wait for this person."""
    account = await accounts.lock(work, person)
    place = await _invited_to(work, account, key)
    found = await invite_confirmation(work, place.key, key)
    pending = await member_store.by_invite(work, place.key, key)
    if pending is not None:
        await _discard(work, pending)
    await accounts.close_confirmation(work, found, ConfirmationStatus.DECLINED)


async def _waiting(work: Work, account: Account) -> list[Confirmation]:
    if account.email is None or not account.is_email_verified:
        return []
    found = await accounts.confirmations(work, _KIND, email=account.email)
    # By id too: the address may have changed since.
    found += await accounts.confirmations(work, _KIND, person=account.key)
    return sorted({one.id: one for one in found}.values(), key=lambda one: (one.created_at, one.id), reverse=True)


async def _invited_to(work: Work, account: Account, key: str) -> Organization:
    """The organization of an invite, locked before the invite itself is, as everywhere."""
    for one in await _waiting(work, account):
        if one.organization is not None and accounts.confirmation_key(work, one) == key:
            return await lock_migrated(work, one.organization)
    raise NotFound(_UNKNOWN)


def _admission(work: Work, place: Organization, account: Account) -> Admission:
    return admission(place.restrictions, account.email, work.actor.identity_provider)


async def _join(work: Work, pending: Member, account: Account) -> Member:
    if await membership(work, pending.organization, account.key) is not None:
        raise Conflict("the clinician is a member already")
    name = (await accounts.document(work, account.key, "profile")).get("fullName")
    joined = replace(
        pending,
        person=account.key,
        invite=None,
        name=name if isinstance(name, str) and name else pending.name,
        updated_at=work.now,
    )
    await member_store.join(work, joined)
    await store.touch(work, pending.organization)
    return joined


async def _discard(work: Work, pending: Member) -> None:
    # Tidepool: who never joined is not archived.
    await member_store.delete(work, pending.key)
    await store.touch(work, pending.organization)


async def _settle(work: Work, organization: OrganizationKey, key: str, status: ConfirmationStatus) -> None:
    """Close our own confirmation of an invite, if there is one that waits; services may have made the invite alone."""
    found = await accounts.confirmation_status(work, key)
    if found is not None and found.type is _KIND and found.organization == organization and found.is_open(work.now):
        await accounts.close_confirmation(work, found, status)


async def _mail(work: Work, place: Organization, made: Confirmation, account: Account | None) -> None:
    # Anybody can make a clinic; sending, withdrawing and sending again shall not fill somebody's mailbox.
    if not await accounts.may_mail(work, made.email, f"invite:{place.key}"):
        raise TooMany("Too many mails were asked for", retry_after_s=360)
    profile = await accounts.document(work, made.creator, "profile") if made.creator is not None else {}
    inviter = profile.get("fullName")
    url = work.tools.settings.public_url
    await notices.send(
        work,
        "clinician_invitation",
        made.email,
        person=account.key if account is not None else None,
        organization=place.key,
        name=inviter if isinstance(inviter, str) else "",
        clinic=place.profile.name,
        link=f"{url}/signin" if account else f"{url}/signup?email={quote(made.email)}",
        has_account=account is not None,
    )
