"""Inviting somebody to see one's data (person to person): send, accept, decline, withdraw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from openward.care import audit, notices
from openward.care.accounts import confirmation_store, rules
from openward.care.accounts.confirmations import NOT_FOUND, by_key, close, drop_expired, issue, prolong, search
from openward.care.accounts.documents import document
from openward.care.accounts.model import Account, Confirmation, ConfirmationStatus, ConfirmationType
from openward.care.accounts.people import by_email, get, lock
from openward.care.accounts.sharing import permissions
from openward.care.errors import Conflict, Invalid, NotAllowed, NotFound
from openward.care.work import PersonKey, Work

_KIND = ConfirmationType.CARETEAM


@dataclass(frozen=True, slots=True)
class Invitation:
    """Whom to invite and to what; `extra` (nickname, alert settings) is kept for the one who accepts."""

    email: str
    permissions: Sequence[str]
    extra: Mapping[str, Any]


async def invite(work: Work, owner: PersonKey, invitation: Invitation) -> Confirmation:
    """Invite an address to see the data of `owner`, and mail it.

    `Invalid`; `Conflict` while an invitation to this address waits, or when its owner has access already (save that
    following is new).
    """
    email = rules.clean_email(invitation.email)
    wanted = rules.require_permissions(invitation.permissions, rules.SHARED_PERMISSIONS)
    if not wanted:
        raise Invalid("at least one permission is needed", code="permission-invalid")
    account = await lock(work, owner)
    if account.email == email:
        raise Conflict("nobody invites himself", code="already-member")
    invitee = await by_email(work, email)
    if invitee is not None:
        has = await permissions(work, owner, invitee.key)
        if has and ("follow" in has or "follow" not in wanted):
            raise Conflict("already a member of the care team", code="already-member")
    waiting = [ConfirmationStatus.PENDING]
    found = await confirmation_store.search(work, _KIND, statuses=waiting, creator=owner, email=email)
    await drop_expired(work, found)
    made = await issue(
        work,
        _KIND,
        email=email,
        creator=owner,
        context={name: {} for name in sorted(wanted)},
        extra=invitation.extra,
    )
    await _mail(work, account, made, invitee)
    audit.note(work, "write", "invitations", owner)
    return made


async def resend_invite(work: Work, key: str) -> Confirmation:
    """Mail a waiting invitation again, with its full time and the same key. Who may ask is for the caller to check."""
    found = await by_key(work, key, _KIND)
    if found.creator is None:
        raise NotFound(NOT_FOUND, code="confirmation-not-found")
    extended = await prolong(work, found)
    await _mail(work, await get(work, found.creator), extended, await by_email(work, found.email))
    return extended


async def sent_invites(work: Work, owner: PersonKey) -> list[Confirmation]:
    """What a person sent and nobody has accepted yet."""
    return await search(work, _KIND, statuses=[ConfirmationStatus.PENDING, ConfirmationStatus.DECLINED], creator=owner)


async def received_invites(work: Work, invitee: PersonKey) -> list[Confirmation]:
    """What waits for a person; nothing until the address is confirmed, for it may be somebody else's."""
    account = await get(work, invitee)
    if account.email is None or not account.is_email_verified:
        return []
    return await search(work, _KIND, email=account.email)


async def accept_invite(work: Work, invitee: PersonKey, owner: PersonKey, key: str) -> Confirmation:
    """Join the care team. `NotFound`; `NotAllowed` when the invitation is for somebody else or from somebody else."""
    found = await _answerable(work, invitee, owner, key)
    await lock(work, owner)
    has = await permissions(work, owner, invitee)
    await confirmation_store.put_grant(work, owner, invitee, sorted(has | set(found.context)))
    audit.note(work, "write", "grants", owner)
    return await close(work, found, ConfirmationStatus.COMPLETED)


async def dismiss_invite(work: Work, invitee: PersonKey, owner: PersonKey, key: str) -> Confirmation:
    """Decline an invitation; the same refusals as accepting."""
    return await close(work, await _answerable(work, invitee, owner, key), ConfirmationStatus.DECLINED)


async def _answerable(work: Work, invitee: PersonKey, owner: PersonKey, key: str) -> Confirmation:
    found = await by_key(work, key, _KIND)
    account = await get(work, invitee)
    if found.creator != owner or account.email != found.email or not account.is_email_verified:
        raise NotAllowed("the invitation is not for this account", code="unauthorized")
    return found


async def cancel_invite(work: Work, owner: PersonKey, email: str) -> None:
    """Withdraw what waits for an address; `NotFound` when nothing does."""
    found = await search(work, _KIND, creator=owner, email=rules.fold_email(email), should_lock=True)
    if not found:
        raise NotFound(NOT_FOUND, code="confirmation-not-found")
    for one in found:
        await close(work, one, ConfirmationStatus.CANCELED)
    audit.note(work, "write", "invitations", owner)


async def _mail(work: Work, owner: Account, made: Confirmation, invitee: Account | None) -> None:
    profile = await document(work, owner.key, "profile")
    name = profile.get("fullName")
    url = work.tools.settings.public_url
    await notices.send(
        work,
        "careteam_invitation",
        made.email,
        person=owner.key,
        name=name if isinstance(name, str) else "",
        link=f"{url}/signin" if invitee else f"{url}/signup?email={quote(made.email)}",
        has_account=invitee is not None,
        days=7,
    )
