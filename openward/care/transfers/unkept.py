"""What becomes of an account that an organization looked after, when the last one has let go of the patient."""

from collections.abc import Sequence

from openward.care import accounts
from openward.care.patients import ClaimedRemoved, EnrolmentEnded
from openward.care.transfers import store
from openward.care.work import PersonKey, Work


async def close_unkept(work: Work, event: EnrolmentEnded) -> None:
    """Delete a custodial account with nothing on record that nobody keeps any more.

    Tidepool: an account with data stays, without address, so that nothing of what was uploaded is lost. Here the
    record is one, so that it stays for whatever any system has written of the person.
    """
    if event.is_last:
        await _close(work, [event.person])


async def close_many_unkept(work: Work, event: ClaimedRemoved) -> None:
    """The same for many, of whom few if any have a custodial account that somebody else was let in to."""
    await _close(work, event.last)


async def _close(work: Work, people: Sequence[PersonKey]) -> None:
    custodial = [account.key for account in (await accounts.get_many(work, people)).values() if account.is_custodial]
    on_record = await store.on_record(work, custodial) if custodial else set()
    for person in custodial:
        if person not in on_record and not await _has_custodian(work, person):
            await accounts.delete(work, person)


async def _has_custodian(work: Work, person: PersonKey) -> bool:
    return any("custodian" in grant.permissions for grant in await accounts.grants(work, owner=person))
