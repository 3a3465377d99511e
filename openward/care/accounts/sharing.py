"""What people let each other see and do."""

from collections.abc import Iterable
from uuid import UUID

from openward.care import audit
from openward.care.accounts import confirmation_store, rules
from openward.care.accounts.model import Grant
from openward.care.accounts.people import get, lock
from openward.care.errors import Invalid
from openward.care.work import PersonKey, Work


async def permissions(work: Work, owner: UUID, grantee: UUID) -> frozenset[str]:
    """What `owner` lets `grantee` do (`view`, `upload`, `note`, `follow`, `custodian`); empty for nothing."""
    found = await confirmation_store.grants(work, owner, grantee)
    return found[0].permissions if found else frozenset()


async def grants(work: Work, *, owner: UUID | None = None, grantee: UUID | None = None) -> list[Grant]:
    """All grants of an owner, all to a grantee, or the one between two; at least one must be named."""
    if owner is None and grantee is None:
        raise Invalid("an owner or a grantee is needed")
    return await confirmation_store.grants(work, owner, grantee)


async def set_grant(work: Work, owner: PersonKey, grantee: PersonKey, names: Iterable[str]) -> frozenset[str]:
    """Replace what `owner` lets `grantee` do; nothing ends it. `Invalid` for what cannot be granted, `NotFound`."""
    wanted = list(names)
    allowed = rules.PERMISSIONS if work.actor.is_service else rules.SHARED_PERMISSIONS
    await lock(work, owner)
    await get(work, grantee)
    if owner == grantee:
        raise Invalid("nobody shares with himself", code="permission-invalid")
    if "custodian" in wanted and "custodian" in await permissions(work, owner, grantee):
        allowed = rules.PERMISSIONS  # keeping what is there already is not granting it
    clean = rules.require_permissions(wanted, allowed)
    await confirmation_store.put_grant(work, owner, grantee, sorted(clean))
    audit.note(work, "write", "grants", owner)
    return clean


async def grant_custody(work: Work, owner: PersonKey, custodian: PersonKey) -> None:
    """Let the maker of a custodial account keep it: custodian, view and upload."""
    await confirmation_store.put_grant(work, owner, custodian, ["custodian", "upload", "view"])
    audit.note(work, "write", "grants", owner)
