"""SQL of `coaching.action`."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from openward.care.coaching.model import Action, ActionContent, Metric, Window
from openward.care.coaching.store import written
from openward.care.work import PersonKey, Work
from openward.infra.db import Record, from_json, to_json

_ACTION = (
    "select a.key, a.plan, a.type, a.title, a.static_title, a.thread, a.effective_from, a.effective_to, a.is_tracked,"
    " a.is_metric_required, a.days, a.content, a.created_at, a.created_by, a.updated_at, a.updated_by,"
    " array(select x.bundle from coaching.bundled x where x.action = a.key order by x.bundle) bundles"
    " from coaching.action a"
)
_ACTION_OF = _ACTION.replace("select ", "select held.person, ", 1)
_KEPT_TOGETHER = ("metrics", "windows", "identifiers", "options", "details", "intake")


def _action(row: Record) -> Action:
    more: dict[str, Any] = from_json(row["content"])
    content = ActionContent(
        type=row["type"],
        title=row["title"],
        effective_from=row["effective_from"],
        effective_to=row["effective_to"],
        thread=row["thread"],
        is_tracked=row["is_tracked"],
        is_metric_required=row["is_metric_required"],
        days=None if row["days"] is None else tuple(row["days"]),
        metrics=msgspec.convert(more["metrics"], tuple[Metric, ...]),
        windows=msgspec.convert(more["windows"], tuple[Window, ...]),
        identifiers=more["identifiers"],
        options=more["options"],
        details=more["details"],
        intake=more["intake"],
    )
    return Action(row["key"], row["plan"], row["static_title"], content, written(row), tuple(row["bundles"]))


def _values(content: ActionContent) -> tuple[object, ...]:
    return (
        content.type,
        content.title,
        content.thread,
        content.effective_from,
        content.effective_to,
        content.is_tracked,
        content.is_metric_required,
        None if content.days is None else list(content.days),
        to_json({name: getattr(content, name) for name in _KEPT_TOGETHER}),
    )


async def insert(work: Work, action: Action) -> None:
    """Keep a new action, as yet in no bundle."""
    await work.tx.execute(
        "insert into coaching.action (key, plan, static_title, type, title, thread, effective_from, effective_to,"
        " is_tracked, is_metric_required, days, content, created_at, updated_at, created_by, updated_by)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14, $14)",
        action.key,
        action.plan,
        action.static_title,
        *_values(action.content),
        work.now,
        work.actor.person,
    )


async def update(work: Work, key: UUID, content: ActionContent) -> None:
    """Replace what is decided of an action."""
    await work.tx.execute(
        "update coaching.action set type = $2, title = $3, thread = $4, effective_from = $5, effective_to = $6,"
        " is_tracked = $7, is_metric_required = $8, days = $9, content = $10, updated_at = $11, updated_by = $12"
        " where key = $1",
        key,
        *_values(content),
        work.now,
        work.actor.person,
    )


async def actions(work: Work, keys: Sequence[UUID]) -> dict[UUID, Action]:
    """Actions by key."""
    rows = await work.tx.fetch(f"{_ACTION} where a.key = any($1::uuid[])", list(keys))
    return {row["key"]: _action(row) for row in rows}


async def actions_of(work: Work, plans: Sequence[UUID]) -> list[Action]:
    """All actions of plans, oldest first."""
    rows = await work.tx.fetch(f"{_ACTION} where a.plan = any($1::uuid[]) order by a.created_at, a.key", list(plans))
    return [_action(row) for row in rows]


async def tracking(
    work: Work, organization: UUID, people: Sequence[PersonKey], types: Sequence[str]
) -> list[tuple[PersonKey, Action]]:
    """Actions of these people's plans that track a measurement of one of these types; the plans are held."""
    rows = await work.tx.fetch(
        "with held as (select key, person from coaching.plan where organization = $1 and person = any($2::uuid[])"  # noqa: S608
        f" order by key for no key update) {_ACTION_OF}"
        " join held on held.key = a.plan where a.is_tracked and exists (select from"
        " jsonb_array_elements(a.content->'metrics') m where m->>'metric_type' = any($3::text[]))"
        " order by a.created_at, a.key",
        organization,
        list(people),
        list(types),
    )
    return [(PersonKey(row["person"]), _action(row)) for row in rows]
