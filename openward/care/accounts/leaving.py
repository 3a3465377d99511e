"""Deleting an account: by its owner, a custodian or a service."""

from openward.care import audit, events
from openward.care.accounts import store
from openward.care.accounts.model import Account, AccountDeleted, Role
from openward.care.accounts.people import lock
from openward.care.accounts.signin import check_password
from openward.care.errors import NotAllowed, NotAuthenticated
from openward.care.work import PersonKey, Work

_STAYS = {Role.CLINIC, Role.CLINICIAN, Role.MIGRATED_CLINIC}


async def delete(work: Work, key: PersonKey) -> None:
    """Delete an account for a custodian or a service; `NotAuthenticated` for accounts of clinics and clinicians.

    The key and the names stay, so that an old id answers "not found" and is never given to somebody else.
    """
    account = await lock(work, key)
    _refuse_clinics(work, account)
    await store.bury(work, key)
    events.record(work, AccountDeleted(key))
    audit.note(work, "delete", "account", key)


async def delete_own(work: Work, key: PersonKey, password: str) -> None:
    """Delete one's own account, proven by its password: `NotAllowed` for a wrong one, which counts like a login."""
    _refuse_clinics(work, await lock(work, key))
    if not await check_password(work, key, password):
        raise NotAllowed("Wrong password", code="unauthorized")
    await delete(work, key)


def _refuse_clinics(work: Work, account: Account) -> None:
    if not work.actor.is_service and _STAYS & set(account.roles):
        raise NotAuthenticated("Not authorized for requested operation", code="unauthorized")
