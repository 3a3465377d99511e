"""Taking messages in: each is kept whole before its sender is answered, and handled by a job."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from openward.care import identity
from openward.care.ehr import store
from openward.care.ehr.model import Message, MessageRef, Status
from openward.care.ehr.order import Order
from openward.care.ehr.settings import Provider
from openward.care.errors import NotFound
from openward.care.work import OrganizationKey, Work, new_key
from openward.infra.jobs import Deferred

HANDLE = "ehr.handle"


async def keep_message(
    work: Work,
    provider: Provider,
    *,
    data_model: str,
    event_type: str,
    content: bytes,
    order: Order | None = None,
    status: Status = Status.IGNORED,
) -> MessageRef:
    """Keep a message whole and name it. With an `order` it waits for its job; without one, `status` says what it is."""
    ref = MessageRef(new_key(work), identity.hex24(work.now), data_model, event_type)
    await store.insert(work, ref, provider, content, order, Status.WAITING if order else status)
    if order is not None:
        work.tasks.append(handling(ref.key))
    return ref


def handling(message: UUID, not_before: datetime | None = None) -> Deferred:
    """The job that handles an order."""
    return Deferred(HANDLE, {"message": str(message)}, None, not_before)


async def message_content(work: Work, message: UUID) -> bytes:
    """A message as it came, or `NotFound`."""
    found = await store.content(work, message)
    if found is None:
        raise NotFound("message not found")
    return found


async def messages(
    work: Work,
    organization: OrganizationKey,
    *,
    reasons: Collection[str] | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 100,
) -> Sequence[Message]:
    """What came for an organization and what became of it, newest first; `before` (time, key) pages on.

    reasons: only what failed for one of these.
    """
    return await store.of_organization(work, organization, before, limit, None if reasons is None else list(reasons))
