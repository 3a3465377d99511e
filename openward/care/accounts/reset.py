"""A forgotten password: a key by mail, a new password for the key."""

from urllib.parse import quote

from openward.care import audit, notices
from openward.care.accounts import confirmation_store, rules, session_store, store
from openward.care.accounts.confirmations import NOT_FOUND, by_key, close, issue, key_of
from openward.care.accounts.model import ConfirmationStatus, ConfirmationType, Role
from openward.care.accounts.people import by_email, lock
from openward.care.accounts.signin import may_mail
from openward.care.accounts.signup import mail_claim
from openward.care.errors import Invalid, NotFound
from openward.care.work import Work
from openward.infra.crypto import hash_password


async def request_reset(work: Work, email: str) -> None:
    """Mail a key, or that no account has this address; the caller cannot tell which. `Invalid` for no address at all.

    An account that nobody has claimed yet gets the mail to claim it. After too many mails none is sent for a while.
    """
    address = rules.clean_email(email)
    if not await may_mail(work, address):
        return
    url = work.tools.settings.public_url
    account = await by_email(work, address)
    if account is None or Role.BROKERED in account.roles:
        await notices.send(work, "no_account", address, link=f"{url}/signup")
        return
    await lock(work, account.key)
    if not account.has_password:
        await mail_claim(work, account)
        return
    kind = ConfirmationType.RESET
    for one in await confirmation_store.search(work, kind, statuses=[ConfirmationStatus.PENDING], person=account.key):
        await close(work, one, ConfirmationStatus.CANCELED)
    made = await issue(work, kind, email=address, person=account.key, creator=account.key)
    link = f"{url}/password/reset?key={quote(key_of(work, made))}"
    await notices.send(work, "password_reset", address, person=account.key, link=link, days=7)


async def accept_reset(work: Work, key: str, email: str, password: object) -> None:
    """Set the new password and end all sessions. The key came by mail, hence it confirms the address, too.

    `NotFound` for an unknown, used or expired key or another address; `Invalid` for a password that breaks the rules,
    which leaves the key good.
    """
    found = await by_key(work, key, ConfirmationType.RESET)
    if found.person is None or found.email != rules.fold_email(email):
        raise NotFound(NOT_FOUND, code="confirmation-not-found")
    account = await lock(work, found.person)
    if account.email != found.email:
        raise NotFound(NOT_FOUND, code="confirmation-not-found")
    if not isinstance(password, str):
        raise Invalid(rules.INVALID_DETAILS, code="password-invalid")
    hashed = await hash_password(rules.require_password(password))
    await store.change(work, account.key, {"password": hashed, "is_email_verified": True})
    await session_store.end_all(work, account.key, None)
    await close(work, found, ConfirmationStatus.COMPLETED)
    audit.note(work, "write", "account", account.key)
