"""The accounts, programs and secrets of a provisioning file."""

from collections.abc import Collection
from typing import Any

from openward.care import accounts
from openward.care.accounts import Account, Change
from openward.care.errors import CareError
from openward.care.work import Work
from openward.cli.provision.file import OAuthClient, Plan, User
from openward.infra.crypto import new_token

_SECRET_BYTES = 32


async def put_service_secret(work: Work, plan: Plan, *, is_rotated: bool) -> dict[str, Any]:
    """The secret of POST /auth/serverlogin: as given, else made when missing or rotated, else kept."""
    given = new_token(_SECRET_BYTES) if is_rotated else plan.service_secret
    if given is not None and await _is_service_secret(work, given):
        return {"service_secret": given}
    made = await accounts.put_installation_secret(work, accounts.SERVICE_SECRET, given)
    return {"service_secret": made} if made is not None else {"service_secret": None, "kept": True}


async def _is_service_secret(work: Work, given: str) -> bool:
    try:
        await accounts.check_installation_secret(work, accounts.SERVICE_SECRET, given, "")
    except CareError:
        return False
    return True


async def put_user(work: Work, wanted: User) -> Account:
    """The account, made or changed to what the file says."""
    found = await accounts.by_email(work, wanted.email)
    if found is None:
        found = await accounts.create(
            work, email=wanted.email, password=wanted.password, roles=wanted.roles or (), is_verified=True
        )
    change = Change(
        roles=wanted.roles if wanted.roles is not None and set(wanted.roles) != set(found.roles) else None,
        is_email_verified=None if found.is_email_verified else True,
    )
    if change != Change():
        found = await accounts.update(work, found.key, change)
    await _put_profile(work, found, wanted.name, dict(wanted.patient) if wanted.patient else None)
    return found


async def _put_profile(work: Work, account: Account, name: str | None, patient: dict[str, str] | None) -> None:
    before = await accounts.document(work, account.key, "profile")
    after: dict[str, Any] = {}
    if name is not None:
        after["fullName"] = name
    if patient is not None:
        known = before.get("patient")
        after["patient"] = (known if isinstance(known, dict) else {}) | patient
    if any(before.get(member) != value for member, value in after.items()):
        await accounts.put_document(work, account.key, "profile", after)


async def put_oauth_client(work: Work, wanted: OAuthClient, rotate: Collection[str]) -> dict[str, Any]:
    """The program with its own user, as the answer shows it."""
    person = await accounts.oauth_client_user(work, wanted.client_id)
    is_new = person is None
    if person is None:
        # The own user of a program has neither address nor password: nobody can sign in as it.
        own = await accounts.create_custodial(work, email=None)
        person = (await accounts.update(work, own.key, Change(roles=()))).key
    before = (await accounts.document(work, person, "profile")).get("fullName")
    if before != wanted.name:
        await accounts.put_document(work, person, "profile", {"fullName": wanted.name})
    secret = wanted.client_secret
    if secret is None and (is_new or wanted.client_id in rotate):
        secret = new_token(_SECRET_BYTES)
    shown: dict[str, Any] = {"client_id": wanted.client_id, "client_secret": secret}
    if secret is None:
        shown |= {"kept": True}
    elif is_new or before != wanted.name or not await _is_client_secret(work, wanted.client_id, secret):
        await accounts.put_oauth_client(work, wanted.client_id, secret, wanted.name, person)
    if wanted.redirect_uris is not None:
        await accounts.set_redirects(work, wanted.client_id, wanted.redirect_uris)
    return shown


async def _is_client_secret(work: Work, client_id: str, secret: str) -> bool:
    try:
        await accounts.check_oauth_client(work, client_id, secret)
    except CareError:
        return False
    return True
