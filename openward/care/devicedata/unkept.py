"""What becomes of an account that an organization looked after, when the last one has let go of the patient."""

from collections.abc import Sequence

from openward.care import accounts
from openward.care.devicedata import store
from openward.care.patients import ClaimedRemoved, EnrolmentEnded
from openward.care.work import PersonKey, Work


async def close_unkept(work: Work, event: EnrolmentEnded) -> None:
    """Delete a custodial account that holds no data set and that nobody keeps any more.

    Tidepool: an account with data stays, without address, so that nothing of what was uploaded is lost.
    """
    if event.is_last:
        await _close(work, [event.person])


async def close_many_unkept(work: Work, event: ClaimedRemoved) -> None:
    """The same for many, of whom few if any have a custodial account that somebody else was let in to."""
    await _close(work, event.last)


async def _close(work: Work, people: Sequence[PersonKey]) -> None:
    for account in (await accounts.get_many(work, people)).values():
        if account.is_custodial:
            await _close_custodial(work, account.key)


async def _close_custodial(work: Work, person: PersonKey) -> None:
    if any("custodian" in grant.permissions for grant in await accounts.grants(work, owner=person)):
        return
    held = await store.list_data_sets(
        work, person, client_name=None, device_id=None, with_deleted=False, offset=0, limit=1
    )
    if not held:
        await accounts.delete(work, person)
