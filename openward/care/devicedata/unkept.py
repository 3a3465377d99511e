"""What becomes of an account that an organization looked after, when the last one has let go of the patient."""

from openward.care import accounts
from openward.care.devicedata import store
from openward.care.patients import EnrolmentEnded
from openward.care.work import Work


async def close_unkept(work: Work, event: EnrolmentEnded) -> None:
    """Delete a custodial account that holds no data set and that nobody keeps any more.

    Tidepool: an account with data stays, without address, so that nothing of what was uploaded is lost.
    """
    if not event.is_last:
        return
    account = (await accounts.get_many(work, [event.person])).get(event.person)
    if account is None or not account.is_custodial:
        return
    if any("custodian" in grant.permissions for grant in await accounts.grants(work, owner=event.person)):
        return
    held = await store.list_data_sets(
        work, event.person, client_name=None, device_id=None, with_deleted=False, offset=0, limit=1
    )
    if not held:
        await accounts.delete(work, event.person)
