"""Confirming a login address after sign-up, and claiming an account that somebody else has kept so far."""

from urllib.parse import quote

from openward.care import audit, events, notices
from openward.care.accounts import confirmation_store, rules, store
from openward.care.accounts.confirmations import NOT_FOUND, by_key, by_key_or_handle, close, issue, key_of, renew
from openward.care.accounts.documents import document
from openward.care.accounts.model import (
    Account,
    AccountClaimed,
    Confirmation,
    ConfirmationStatus,
    ConfirmationType,
    Role,
)
from openward.care.accounts.people import by_email, get, lock
from openward.care.accounts.signin import may_mail
from openward.care.errors import Conflict, NotAllowed, NotFound, TooMany
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.infra.crypto import hash_password

_PENDING = (ConfirmationStatus.PENDING,)


async def request_signup(
    work: Work,
    key: PersonKey,
    *,
    organization: OrganizationKey | None = None,
    invited_by: PersonKey | None = None,
    organization_name: str = "",
    should_mail: bool = True,
) -> Confirmation | None:
    """Start (or start again) the confirmation of an account's address, and mail the key.

    None for an account without address, whose old confirmation ends. `NotAllowed` while one waits for the same
    address, or when there is nothing to confirm. Another address gets another key. `NotFound`.
    """
    account = await lock(work, key)
    waiting = await confirmation_store.search(work, ConfirmationType.SIGNUP, statuses=_PENDING, person=key)
    if account.email is not None and any(one.email == account.email and one.is_open(work.now) for one in waiting):
        raise NotAllowed("An existing sign-up confirmation is waiting", code="confirmation-exists")
    if account.email is not None and account.is_email_verified and account.has_password:
        raise NotAllowed("The account is confirmed already", code="confirmation-exists")
    for one in waiting:
        await close(work, one, ConfirmationStatus.CANCELED)
    if account.email is None:
        return None
    made = await issue(
        work,
        ConfirmationType.SIGNUP,
        email=account.email,
        person=key,
        creator=invited_by or key,
        organization=organization,
        extra={"organizationName": organization_name} if organization_name else None,
    )
    if should_mail:
        await _mail(work, account, made)
    else:
        # Whoever sends the key himself reminds, too.
        await confirmation_store.mark_reminded(work, made.id)
    audit.note(work, "write", "signup-confirmation", key)
    return made


async def resend_signup(work: Work, email: str) -> None:
    """A new key for a waiting confirmation, by mail; `NotFound` when none waits, `TooMany` after too many mails."""
    account = await by_email(work, email)
    if account is None:
        raise NotFound(NOT_FOUND, code="confirmation-not-found")
    await lock(work, account.key)
    waiting = await confirmation_store.search(work, ConfirmationType.SIGNUP, statuses=_PENDING, person=account.key)
    fitting = [one for one in waiting if one.email == account.email]
    if not fitting:
        raise NotFound(NOT_FOUND, code="confirmation-not-found")
    if not await may_mail(work, fitting[0].email):
        raise TooMany("Too many mails were asked for", retry_after_s=360)
    await _mail(work, account, await renew(work, fitting[0]))


async def signup_confirmation(work: Work, key: PersonKey) -> Confirmation:
    """The latest sign-up confirmation of an account that still waits, or `NotFound`."""
    waiting = await confirmation_store.search(work, ConfirmationType.SIGNUP, statuses=_PENDING, person=key)
    for one in waiting:
        if one.is_open(work.now):
            return one
    raise NotFound(NOT_FOUND, code="confirmation-not-found")


async def end_signup(work: Work, key: PersonKey, text: str, status: ConfirmationStatus) -> None:
    """Withdraw or decline the sign-up of this account, shown its key; `NotFound` when they do not fit."""
    found = await by_key_or_handle(work, text, ConfirmationType.SIGNUP)
    if found.person != key:
        raise NotFound(NOT_FOUND, code="confirmation-not-found")
    await close(work, found, status)


async def accept_signup(work: Work, key: str, given: dict[str, object] | None) -> Account:
    """Confirm the address; an account without password is claimed with `{password, birthday}`.

    `NotFound` for an unknown, used or expired key. `Conflict` when claiming, with the code 1001 (nothing given),
    1002 (password missing), 1003 (password invalid), 1004 (birthday missing), 1005 (birthday malformed) or 1006
    (another birthday than in the profile). A profile without birthday takes the one given.
    """
    found = await by_key(work, key, ConfirmationType.SIGNUP)
    if found.person is None:
        raise NotFound(NOT_FOUND, code="confirmation-not-found")
    account = await lock(work, found.person)
    if account.email != found.email:
        raise NotFound(NOT_FOUND, code="confirmation-not-found")
    if account.has_password:
        await store.change(work, account.key, {"is_email_verified": True})
    else:
        await _claim(work, account, given)
    await close(work, found, ConfirmationStatus.COMPLETED)
    audit.note(work, "write", "account", account.key)
    return await get(work, account.key)


async def _claim(work: Work, account: Account, given: dict[str, object] | None) -> None:
    if given is None:
        raise Conflict("password and birthday are missing", code="1001")
    password, birthday = given.get("password"), given.get("birthday")
    if password is None or password == "":
        raise Conflict("password is missing", code="1002")
    if not isinstance(password, str) or not rules.is_password(password):
        raise Conflict("password is invalid", code="1003")
    if birthday is None or birthday == "":
        raise Conflict("birthday is missing", code="1004")
    day = rules.parse_date(birthday)
    if day is None:
        raise Conflict("birthday is malformed", code="1005")
    await _match_birthday(work, account, day.isoformat())
    roles = [role for role in account.roles if role != Role.CUSTODIAL]
    hashed = await hash_password(password)
    await store.change(work, account.key, {"password": hashed, "is_email_verified": True, "roles": roles})
    await confirmation_store.drop_custodians(work, account.key)
    events.record(work, AccountClaimed(account.key))


async def _match_birthday(work: Work, account: Account, day: str) -> None:
    profile = await document(work, account.key, "profile")
    patient = profile.get("patient")
    patient = dict(patient) if isinstance(patient, dict) else {}
    known = patient.get("birthday")
    if known and known != day:
        raise Conflict("birthday does not match", code="1006")
    if not known:
        await store.merge_document(work, account.key, "profile", {"patient": patient | {"birthday": day}})


async def _mail(work: Work, account: Account, confirmation: Confirmation) -> None:
    key = key_of(work, confirmation)
    profile = await document(work, account.key, "profile")
    name = profile.get("fullName")
    await notices.send(
        work,
        "signup_confirmation" if account.has_password else "custodial_claim",
        confirmation.email,
        person=account.key,
        organization=confirmation.organization,
        name=name if isinstance(name, str) else "",
        invited_by=confirmation.extra.get("organizationName", ""),
        link=f"{work.tools.settings.public_url}/signup/confirm?key={quote(key)}",
        days=31,
    )


async def mail_claim(work: Work, account: Account) -> None:
    """Mail the key to claim an account again, with a new confirmation if none waits."""
    waiting = await confirmation_store.search(work, ConfirmationType.SIGNUP, statuses=_PENDING, person=account.key)
    fitting = [one for one in waiting if one.email == account.email]
    if fitting:
        await _mail(work, account, await renew(work, fitting[0]))
    else:
        await request_signup(work, account.key)
