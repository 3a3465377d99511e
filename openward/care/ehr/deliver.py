"""Messages that leave: made once, kept to the letter, and tried until they are taken or given up."""

from datetime import datetime, timedelta
from uuid import UUID

from openward.care import audit
from openward.care.ehr import delivery_store, store, task_store
from openward.care.ehr.model import MessageRef
from openward.care.ehr.outgoing import RETRIES, Answered, Claimed, Delivery, Kind, State, TaskState, Verdict
from openward.care.ehr.settings import Provider
from openward.care.ehr.sync import pushing
from openward.care.errors import Conflict, NotFound
from openward.care.work import OrganizationKey, PersonKey, Work, new_key
from openward.infra.jobs import Deferred

DELIVER = "ehr.deliver"
LEASE = timedelta(seconds=30)
"""For so long nobody else tries a message; an attempt takes less."""
_COLUMN = "ehr.delivery.body_sealed"
_WHAT = "ehr-delivery"
_MOST_REPLAYED = 1000


def delivering(key: UUID, not_before: datetime | None = None) -> Deferred:
    """The job that sends a message. Without a key: one that waits for later must not stand for one that is due now."""
    return Deferred(DELIVER, {"delivery": str(key)}, None, not_before)


async def answer_order(
    work: Work, order: MessageRef, organization: OrganizationKey, person: PersonKey | None, verdict: Verdict
) -> None:
    """Have the sender of an order told what became of it."""
    made = _new(work, organization, person, order.key, None, Kind.RESULTS, order.name)
    await delivery_store.insert(work, made, verdict, None)
    work.tasks.append(delivering(made.key))


async def put_message(
    work: Work,
    organization: OrganizationKey,
    person: PersonKey,
    order: UUID,
    task: UUID,
    kind: Kind,
    document: str,
    body: bytes,
    *,
    replaces: str | None = None,
) -> None:
    """Queue one message of a push; its turn comes after those that were queued before it."""
    made = _new(work, organization, person, order, task, kind, document, replaces)
    sealed = work.tools.keyring.seal(body, _COLUMN, made.key)
    if await delivery_store.insert(work, made, None, sealed):
        work.tasks.append(delivering(made.key))


def _new(
    work: Work,
    organization: OrganizationKey,
    person: PersonKey | None,
    order: UUID,
    task: UUID | None,
    kind: Kind,
    document: str,
    replaces: str | None = None,
) -> Delivery:
    return Delivery(
        key=new_key(work),
        organization=organization,
        person=person,
        provider=Provider.REDOX,
        message=order,
        task=task,
        kind=kind,
        event_type="Replace" if replaces else "New",
        document=document,
        replaces=replaces,
        state=State.WAITING,
        attempts=0,
        due_at=work.now,
        status=None,
        reason=None,
        created_at=work.now,
        last_at=None,
        sent_at=None,
    )


async def claim(work: Work, key: UUID) -> Claimed | None:
    """The message, if it is its turn; for `LEASE` nobody else has it then. None: done, somebody's, or too early."""
    found = await delivery_store.lock(work, key)
    if found is None or found[0].state is not State.WAITING:
        return None
    one, verdict, sealed = found
    if one.due_at is not None and one.due_at > work.now:
        work.tasks.append(delivering(key, one.due_at))
        return None
    if one.task is not None and await delivery_store.is_behind(work, one):
        return None  # The one before it calls it when it is over.
    order = await store.content(work, one.message)
    if order is None:
        raise NotFound("the order is gone")
    await delivery_store.lease(work, key, work.now + LEASE)
    # Should this worker die, its job is taken over and finds the lease.
    body = None if sealed is None else work.tools.keyring.unseal(sealed, _COLUMN, key)
    return Claimed(one, order, body, verdict)


async def put_body(work: Work, key: UUID, body: bytes) -> None:
    """Keep what a claimed message says, before it is sent for the first time."""
    await delivery_store.put_body(work, key, work.tools.keyring.seal(body, _COLUMN, key))


async def settle(work: Work, key: UUID, answered: Answered) -> None:
    """Note what came of an attempt: over, tried again later, or given up."""
    found = await delivery_store.lock(work, key)
    if found is None or found[0].state is not State.WAITING:
        return
    one = found[0]
    if one.task is not None:
        await task_store.lock(work, one.task)
    if not answered.is_taken and not answered.is_final and one.attempts <= len(RETRIES):
        again_at = work.now + RETRIES[max(one.attempts, 1) - 1]
        await delivery_store.settle(work, key, State.WAITING, again_at, answered)
        work.tasks.append(delivering(key, again_at))
        return
    state = State.SENT if answered.is_taken else State.GIVEN_UP
    await delivery_store.settle(work, key, state, None, answered)
    if answered.is_taken and one.person is not None:
        audit.note(work, "export", f"ehr-{one.kind}", one.person, one.organization)
    await _go_on(work, one, is_taken=answered.is_taken)


async def _go_on(work: Work, one: Delivery, *, is_taken: bool) -> None:
    """What comes after a message that is over: the next one of its push, or the patient's next push."""
    if one.task is None:
        waiting = await task_store.of_order(work, one.message)
        if waiting is not None:
            work.tasks.append(pushing(waiting))
        return
    if is_taken and one.kind is Kind.NOTES:
        await task_store.note_sent(work, one.task)
    siblings = await delivery_store.of_task(work, one.task)
    left = [sibling for sibling in siblings if sibling.state is State.WAITING]
    if left:
        work.tasks.append(delivering(left[0].key))
        return
    is_whole = all(sibling.state is State.SENT for sibling in siblings)
    await task_store.put_state(work, one.task, TaskState.SENT if is_whole else TaskState.FAILED)
    if one.person is not None:
        await wake_next(work, one.organization, one.person)


async def wake_next(work: Work, organization: OrganizationKey, person: PersonKey) -> None:
    """Begin with the patient's next push, if one waits."""
    first = await task_store.lock_first(work, organization, person)
    if first is not None and first[1] is TaskState.DUE:
        work.tasks.append(pushing(first[0]))


async def replay(work: Work, organization: OrganizationKey, key: UUID | None = None) -> int:
    """Send a message again that was given up, to the letter, or (None) all of them; how many.

    `NotFound` for one of somebody else, `Conflict` for one that waits or was sent.
    """
    revived = await delivery_store.revive(work, organization, key, _MOST_REPLAYED)
    if key is not None and not revived:
        if await delivery_store.get(work, organization, key) is None:
            raise NotFound("delivery not found")
        raise Conflict("only what was given up can be sent again")
    audit.note(work, "write", _WHAT, None, organization)
    work.tasks.extend(delivering(one) for one in revived)
    return len(revived)


async def deliveries(
    work: Work,
    organization: OrganizationKey,
    *,
    state: State | None = None,
    person: PersonKey | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 100,
) -> list[Delivery]:
    """What left or is to leave for an organization, newest first; `before` (time, key) pages on."""
    return await delivery_store.of_organization(work, organization, state, person, before, limit)


async def count_given_up(work: Work, organization: OrganizationKey) -> int:
    """How many messages wait for somebody to send them again; at most a thousand are counted."""
    return await delivery_store.count_given_up(work, organization, _MOST_REPLAYED)


async def sent_body(work: Work, organization: OrganizationKey, key: UUID) -> tuple[Delivery, bytes]:
    """A message to the letter, noted in the audit; `NotFound` for another organization's or one not made yet."""
    found = await delivery_store.body_of(work, organization, key)
    if found is None:
        raise NotFound("delivery not found")
    one, sealed = found
    audit.note(work, "read", f"ehr-{one.kind}", one.person, organization)
    return one, work.tools.keyring.unseal(sealed, _COLUMN, key)
