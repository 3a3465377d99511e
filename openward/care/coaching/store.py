"""SQL of plans and bundles: `coaching.plan`, `.bundle` and `.bundled`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from openward.care.coaching.model import Bundle, BundleContent, Ordered, PartOfDay, Plan, PlanContent, Written
from openward.care.work import OrganizationKey, PersonKey, Work, new_key
from openward.infra.db import Record, from_json, to_json

_PLAN = (
    "select key, organization, person, created_at, updated_at, time_zone, critical, window_order, window_times"
    " from coaching.plan"
)
_BUNDLE = (
    "select b.key, b.plan, b.type, b.title, b.thread, b.effective_from, b.effective_to,"
    " b.created_at, b.created_by, b.updated_at, b.updated_by,"
    " array(select x.action from coaching.bundled x where x.bundle = b.key order by x.action) actions"
    " from coaching.bundle b"
)


def _plan(row: Record) -> Plan:
    order = tuple(
        Ordered(one["type"], tuple(UUID(key) for key in one["actions"])) for one in from_json(row["window_order"])
    )
    times = {PartOfDay(part): seconds for part, seconds in from_json(row["window_times"]).items()}
    content = PlanContent(row["time_zone"], from_json(row["critical"]), order, times)
    organization, person = OrganizationKey(row["organization"]), PersonKey(row["person"])
    return Plan(row["key"], organization, person, row["created_at"], row["updated_at"], content)


def written(row: Record) -> Written:
    """The four columns that every kept thing has."""
    return Written(
        row["created_at"],
        row["updated_at"],
        None if row["created_by"] is None else PersonKey(row["created_by"]),
        None if row["updated_by"] is None else PersonKey(row["updated_by"]),
    )


def _bundle(row: Record) -> Bundle:
    content = BundleContent(row["type"], row["title"], row["effective_from"], row["effective_to"], row["thread"])
    return Bundle(row["key"], row["plan"], content, written(row), tuple(row["actions"]))


async def plans_of(work: Work, organization: OrganizationKey, persons: Sequence[PersonKey]) -> list[Plan]:
    """The plans of these people that are written down, in the order in which the people came."""
    rows = await work.tx.fetch(
        f"{_PLAN} where organization = $1 and person = any($2::uuid[]) order by created_at, key",
        organization,
        list(persons),
    )
    return [_plan(row) for row in rows]


async def insert_plans(work: Work, organization: OrganizationKey, came: Mapping[PersonKey, datetime]) -> list[UUID]:
    """Write plans down, in an order that is the same for everybody; the keys of those that nobody else has made."""
    people = sorted(came, key=lambda person: (came[person], person))
    rows = await work.tx.fetch(
        "insert into coaching.plan (key, organization, person, created_at, updated_at)"
        " select key, $1, person, came, came from unnest($2::uuid[], $3::uuid[], $4::timestamptz[])"
        " given(key, person, came) on conflict (organization, person) do nothing returning key",
        organization,
        [new_key(work) for _ in people],
        people,
        [came[person] for person in people],
    )
    return [row["key"] for row in rows]


async def plans(work: Work, keys: Sequence[UUID]) -> dict[UUID, Plan]:
    """Plans by key, of whatever organization."""
    return {row["key"]: _plan(row) for row in await work.tx.fetch(f"{_PLAN} where key = any($1::uuid[])", list(keys))}


async def lock_plan(work: Work, key: UUID) -> Plan | None:
    """One plan, held until the end of the work."""
    row = await work.tx.fetchrow(f"{_PLAN} where key = $1 for no key update", key)
    return None if row is None else _plan(row)


async def update_plan(work: Work, key: UUID, content: PlanContent) -> None:
    """Replace what is decided of a plan."""
    await work.tx.execute(
        "update coaching.plan set time_zone = $2, critical = $3, window_order = $4, window_times = $5, updated_at = $6"
        " where key = $1",
        key,
        content.time_zone,
        to_json(content.critical),
        to_json(content.window_order),
        to_json(content.window_times),
        work.now,
    )


async def bundles(work: Work, keys: Sequence[UUID]) -> dict[UUID, Bundle]:
    """Bundles by key."""
    rows = await work.tx.fetch(f"{_BUNDLE} where b.key = any($1::uuid[])", list(keys))
    return {row["key"]: _bundle(row) for row in rows}


async def bundles_of(work: Work, plans: Sequence[UUID]) -> list[Bundle]:
    """All bundles of plans, oldest first."""
    rows = await work.tx.fetch(f"{_BUNDLE} where b.plan = any($1::uuid[]) order by b.created_at, b.key", list(plans))
    return [_bundle(row) for row in rows]


async def insert_bundle(work: Work, bundle: Bundle) -> None:
    """Keep a new bundle, as yet without actions."""
    await work.tx.execute(
        "insert into coaching.bundle (key, plan, type, title, thread, effective_from, effective_to,"
        " created_at, updated_at, created_by, updated_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $9)",
        bundle.key,
        bundle.plan,
        *_values(bundle.content),
        work.now,
        work.actor.person,
    )


async def update_bundle(work: Work, key: UUID, content: BundleContent) -> None:
    """Replace what is decided of a bundle."""
    await work.tx.execute(
        "update coaching.bundle set type = $2, title = $3, thread = $4, effective_from = $5, effective_to = $6,"
        " updated_at = $7, updated_by = $8 where key = $1",
        key,
        *_values(content),
        work.now,
        work.actor.person,
    )


def _values(content: BundleContent) -> tuple[object, ...]:
    return content.type, content.title, content.thread, content.effective_from, content.effective_to


async def put_actions(work: Work, bundle: UUID, actions: Sequence[UUID]) -> None:
    """A bundle holds exactly these actions."""
    await work.tx.execute(
        "delete from coaching.bundled where bundle = $1 and action <> all($2::uuid[])", bundle, list(actions)
    )
    await work.tx.execute(
        "insert into coaching.bundled (bundle, action) select $1, unnest($2::uuid[]) on conflict do nothing",
        bundle,
        list(actions),
    )


async def put_bundles(work: Work, action: UUID, bundles: Sequence[UUID]) -> None:
    """An action is in exactly these bundles."""
    await work.tx.execute(
        "delete from coaching.bundled where action = $1 and bundle <> all($2::uuid[])", action, list(bundles)
    )
    await work.tx.execute(
        "insert into coaching.bundled (bundle, action) select unnest($2::uuid[]), $1 on conflict do nothing",
        action,
        list(bundles),
    )


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> dict[UUID, UUID]:
    """The plans of one organization belong to another; what a person has in both goes into the target's plan.

    Returns the plans that are gone, each with the one that took its place.
    """
    rows = await work.tx.fetch(
        "select s.key gone, t.key kept from coaching.plan s join coaching.plan t on t.person = s.person"
        " where s.organization = $1 and t.organization = $2",
        source,
        target,
    )
    gone, kept = [row["gone"] for row in rows], [row["kept"] for row in rows]
    for table in ("action", "bundle", "result"):
        await work.tx.execute(
            f"update coaching.{table} x set plan = place.kept"  # noqa: S608 -- names from the line above
            " from unnest($1::uuid[], $2::uuid[]) place(gone, kept) where x.plan = place.gone",
            gone,
            kept,
        )
    await work.tx.execute("delete from coaching.plan where key = any($1::uuid[])", gone)
    await work.tx.execute("update coaching.plan set organization = $2 where organization = $1", source, target)
    return dict(zip(gone, kept, strict=True))
