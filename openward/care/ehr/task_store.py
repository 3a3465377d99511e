"""The SQL of pushes: `ehr.sync_task`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from openward.care.ehr.model import MessageRef
from openward.care.ehr.outgoing import PushRecord, TaskState
from openward.care.ehr.settings import Provider
from openward.care.work import OrganizationKey, PersonKey, Work

_OPEN = [TaskState.DUE, TaskState.SENDING]


@dataclass(frozen=True, slots=True)
class Task:
    """One push. `name`: the id of what it sends; `message`: the order that it follows."""

    key: UUID
    name: str
    organization: OrganizationKey
    person: PersonKey
    message: UUID
    is_order: bool
    is_after_upload: bool
    state: TaskState
    created_at: datetime


async def add_for_organization(
    work: Work, organization: OrganizationKey, provider: Provider, except_for: Sequence[PersonKey]
) -> list[UUID]:
    """A task for each patient with an active subscription but these; their keys."""
    return await _add(work, [organization], None, provider, except_for)


async def add_for_person(
    work: Work, organizations: list[OrganizationKey], person: PersonKey, provider: Provider, *, is_after_upload: bool
) -> list[UUID]:
    """A task for each active subscription of this patient in these organizations; their keys."""
    return await _add(work, organizations, person, provider, is_after_upload=is_after_upload)


async def _add(
    work: Work,
    organizations: list[OrganizationKey],
    person: PersonKey | None,
    provider: Provider,
    except_for: Sequence[PersonKey] = (),
    *,
    is_after_upload: bool = False,
) -> list[UUID]:
    """One statement for all patients. A task names the last order and the task that came before it for that order.

    The document id is made of the moment and of random digits, in the shape of all such ids.
    """
    rows = await work.tx.fetch(
        "insert into ehr.sync_task (name, organization, person, provider, message, previous, state, created_at,"
        " is_after_upload) select lpad(to_hex(extract(epoch from $4::timestamptz)::bigint), 8, '0')"
        "  || substr(replace(gen_random_uuid()::text, '-', ''), 1, 16),"
        "  s.organization, s.person, s.provider, last.message, before.key, $5, $4, $7"
        " from ehr.subscription s"
        " cross join lateral (select message from ehr.matched_message a where a.organization = s.organization"
        "  and a.person = s.person and a.provider = s.provider order by a.place desc limit 1) last"
        " left join lateral (select key from ehr.sync_task t where t.organization = s.organization"
        "  and t.person = s.person and t.message = last.message"
        "  and not t.is_order order by t.created_at desc limit 1) before on true"
        " where s.is_active and s.organization = any($1::uuid[]) and ($2::uuid is null or s.person = $2)"
        " and s.provider = $3 and s.person <> all($6::uuid[]) returning key",
        organizations,
        person,
        provider,
        work.now,
        TaskState.DUE,
        list(except_for),
        is_after_upload,
    )
    return [row["key"] for row in rows]


async def add_for_order(
    work: Work, organization: OrganizationKey, person: PersonKey, provider: Provider, order: MessageRef
) -> UUID | None:
    """The push that an order asks for, whose document has the order's own id; None when there is one already."""
    found: UUID | None = await work.tx.fetchval(
        "insert into ehr.sync_task (name, organization, person, provider, message, state, created_at, is_order)"
        " values ($1, $2, $3, $4, $5, $6, $7, true) on conflict (name) do nothing returning key",
        order.name,
        organization,
        person,
        provider,
        order.key,
        TaskState.DUE,
        work.now,
    )
    return found


_TASK = "key, name, organization, person, message, is_order, is_after_upload, state, created_at"


async def get(work: Work, key: UUID) -> Task | None:
    """A push, None for an unknown one."""
    row = await work.tx.fetchrow(f"select {_TASK} from ehr.sync_task where key = $1", key)  # noqa: S608
    return None if row is None else Task(**dict(row) | {"state": TaskState(row["state"])})


async def lock_first(work: Work, organization: OrganizationKey, person: PersonKey) -> tuple[UUID, TaskState] | None:
    """The push about this patient that is to go first, its row locked; None when all are over."""
    row = await work.tx.fetchrow(
        "select key, state from ehr.sync_task where organization = $1 and person = $2 and state = any($3)"
        " order by created_at, key limit 1 for no key update",
        organization,
        person,
        _OPEN,
    )
    return None if row is None else (row["key"], TaskState(row["state"]))


async def lock(work: Work, key: UUID) -> None:
    """Lock a push."""
    await work.tx.execute("select from ehr.sync_task where key = $1 for no key update", key)


async def put_state(work: Work, key: UUID, state: TaskState, reason: str | None = None) -> None:
    """Write what became of a push."""
    await work.tx.execute(
        "update ehr.sync_task set state = $2::text, reason = $3,"
        " finished_at = case when $2 = any($5::text[]) then null else $4::timestamptz end"
        " where key = $1",
        key,
        state,
        reason,
        work.now,
        _OPEN,
    )


async def put_upload(work: Work, key: UUID, uploaded_at: datetime | None) -> None:
    """Write which upload was the newest that a push tells of."""
    await work.tx.execute("update ehr.sync_task set uploaded_at = $2 where key = $1", key, uploaded_at)


async def last_upload(work: Work, task: Task) -> datetime | None:
    """The newest upload that was told of by any push for the same order that was really sent."""
    found: datetime | None = await work.tx.fetchval(
        "select max(uploaded_at) from ehr.sync_task where organization = $1 and person = $2 and message = $3"
        " and state = $4",
        task.organization,
        task.person,
        task.message,
        TaskState.SENT,
    )
    return found


async def note_sent(work: Work, key: UUID) -> None:
    """Its note was taken."""
    await work.tx.execute("update ehr.sync_task set noted_at = $2 where key = $1", key, work.now)


async def last_sent(work: Work, task: Task) -> datetime | None:
    """When the last push before this one for the same order was made that was really sent."""
    found: datetime | None = await work.tx.fetchval(
        "select max(created_at) from ehr.sync_task where organization = $1 and person = $2 and message = $3"
        " and state = $4 and not is_order and (created_at, key) < ($5, $6)",
        task.organization,
        task.person,
        task.message,
        TaskState.SENT,
        task.created_at,
        task.key,
    )
    return found


async def is_covered(work: Work, task: Task) -> bool:
    """Whether a push before this one was made after this one had been asked for, and was really sent."""
    return bool(
        await work.tx.fetchval(
            "select exists (select from ehr.sync_task t join ehr.delivery d on d.task = t.key"
            " where t.organization = $1 and t.person = $2 and t.message = $3 and t.state = $4"
            " and (t.created_at, t.key) < ($5, $6) and d.created_at > $5)",
            task.organization,
            task.person,
            task.message,
            TaskState.SENT,
            task.created_at,
            task.key,
        )
    )


async def last_note(work: Work, task: Task, since: datetime) -> str | None:
    """The id of the last note before this push, for the same order, that was really taken and asked for since then."""
    found: str | None = await work.tx.fetchval(
        "select name from ehr.sync_task where organization = $1 and person = $2 and message = $3 and not is_order"
        " and noted_at is not null and created_at > $4 and (created_at, key) < ($5, $6)"
        " order by created_at desc, key desc limit 1",
        task.organization,
        task.person,
        task.message,
        since,
        task.created_at,
        task.key,
    )
    return found


async def of_order(work: Work, message: UUID) -> UUID | None:
    """The push that this order asked for, if it is still to be made."""
    found: UUID | None = await work.tx.fetchval(
        "select key from ehr.sync_task where message = $1 and is_order and state = $2", message, TaskState.DUE
    )
    return found


async def forgotten(work: Work, before: datetime, most: int) -> list[UUID]:
    """Pushes that were asked for before this, and that nobody took up."""
    rows = await work.tx.fetch(
        "select key from ehr.sync_task where created_at < $1 and state = $2 order by created_at limit $3",
        before,
        TaskState.DUE,
        most,
    )
    return [row["key"] for row in rows]


async def of_organization(
    work: Work, organization: OrganizationKey, state: TaskState | None, before: tuple[datetime, UUID] | None, limit: int
) -> list[PushRecord]:
    """The pushes of an organization, newest first."""
    at, key = before or (None, None)
    rows = await work.tx.fetch(
        "select key, person, is_order, is_after_upload, state, reason, created_at, finished_at from ehr.sync_task"
        " where organization = $1 and ($2::text is null or state = $2)"
        " and ($3::timestamptz is null or (created_at, key) < ($3, $4::uuid))"
        " order by created_at desc, key desc limit $5",
        organization,
        state,
        at,
        key,
        limit,
    )
    return [
        PushRecord(**dict(row) | {"person": PersonKey(row["person"]), "state": TaskState(row["state"])}) for row in rows
    ]


async def move(work: Work, source: OrganizationKey, target: OrganizationKey, persons: Sequence[PersonKey]) -> None:
    """Give the tasks of one organization about these patients to another, and forget its others."""
    await work.tx.execute(
        "update ehr.sync_task set organization = $2 where organization = $1 and person = any($3::uuid[])",
        source,
        target,
        list(persons),
    )
    await work.tx.execute("delete from ehr.sync_task where organization = $1", source)


async def forget(work: Work, before: datetime) -> None:
    """Remove the tasks that are older."""
    await work.tx.execute("delete from ehr.sync_task where created_at < $1", before)
