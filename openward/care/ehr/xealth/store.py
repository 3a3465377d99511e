"""The SQL of Xealth: `ehr.xealth_preorder`, `ehr.xealth_event`, `ehr.xealth_view`, `ehr.xealth_token`."""

from datetime import datetime
from uuid import UUID

import msgspec

from openward.care.ehr.xealth.model import Answers, Context, Event
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.infra.db import to_json

_answers = msgspec.json.Decoder(Answers)


async def put_answers(work: Work, organization: OrganizationKey, tracking: str, answers: Answers) -> None:
    """Keep what was entered; the last time counts."""
    await work.tx.execute(
        "insert into ehr.xealth_preorder (organization, tracking, answers, modified_at) values ($1, $2, $3, $4)"
        " on conflict (organization, tracking) do update set answers = excluded.answers,"
        " modified_at = excluded.modified_at",
        organization,
        tracking,
        to_json(answers),
        work.now,
    )


async def answers(work: Work, organization: OrganizationKey, tracking: str) -> Answers | None:
    """What was entered, None for an unknown id."""
    found = await work.tx.fetchval(
        "select answers from ehr.xealth_preorder where organization = $1 and tracking = $2", organization, tracking
    )
    return None if found is None else _answers.decode(found)


async def forget_answers(work: Work, before: datetime) -> None:
    """Remove what is older."""
    await work.tx.execute("delete from ehr.xealth_preorder where modified_at < $1", before)


async def add_event(work: Work, event: Event, message: UUID) -> bool:
    """Note that this event is being carried out; False when it was before. Waits for one that is being just now."""
    done = await work.tx.execute(
        "insert into ehr.xealth_event (deployment, order_id, context, message, at) values ($1, $2, $3, $4, $5)"
        " on conflict do nothing",
        event.deployment,
        event.order_id,
        event.context,
        message,
        event.at,
    )
    return bool(done == "INSERT 0 1")


async def is_cancelled(work: Work, event: Event) -> bool:
    """Whether the order was cancelled, be it before its own event arrived."""
    found: bool = await work.tx.fetchval(
        "select exists (select from ehr.xealth_event where deployment = $1 and order_id = $2 and context = $3)",
        event.deployment,
        event.order_id,
        Context.CANCEL,
    )
    return found


async def event_time(work: Work, message: UUID) -> datetime | None:
    """When the event of a kept order happened."""
    found: datetime | None = await work.tx.fetchval("select at from ehr.xealth_event where message = $1", message)
    return found


async def put_view(
    work: Work, organization: OrganizationKey, person: PersonKey, program: str, viewer: str, deployment: str
) -> None:
    """This user of the record system looks at the program now."""
    await work.tx.execute(
        "insert into ehr.xealth_view (organization, person, program, viewer, deployment, at)"
        " values ($1, $2, $3, $4, $5, $6)"
        " on conflict (organization, person, program, viewer) do update set at = excluded.at,"
        " deployment = excluded.deployment",
        organization,
        person,
        program,
        viewer,
        deployment,
        work.now,
    )


async def last_view(
    work: Work, organization: OrganizationKey, person: PersonKey, program: str, viewer: str
) -> datetime | None:
    """When this user looked at it last."""
    found: datetime | None = await work.tx.fetchval(
        "select at from ehr.xealth_view where organization = $1 and person = $2 and program = $3 and viewer = $4",
        organization,
        person,
        program,
        viewer,
    )
    return found


async def token(work: Work, link: bytes, until: datetime) -> bytes | None:
    """The sealed token of a link, if it is good until then."""
    found: bytes | None = await work.tx.fetchval(
        "select sealed from ehr.xealth_token where link = $1 and expires_at > $2", link, until
    )
    return found


async def put_token(work: Work, link: bytes, sealed: bytes, expires_at: datetime) -> None:
    """Keep the newest token of a link; those of former links go."""
    await work.tx.execute("delete from ehr.xealth_token where link <> $1", link)
    await work.tx.execute(
        "insert into ehr.xealth_token (link, sealed, expires_at) values ($1, $2, $3)"
        " on conflict (link) do update set sealed = excluded.sealed, expires_at = excluded.expires_at",
        link,
        sealed,
        expires_at,
    )


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """Give answers and looks of one organization to another; of two looks the later one stays."""
    await work.tx.execute(
        "insert into ehr.xealth_preorder (organization, tracking, answers, modified_at)"
        " select $2, tracking, answers, modified_at from ehr.xealth_preorder where organization = $1"
        " on conflict do nothing",
        source,
        target,
    )
    await work.tx.execute(
        "insert into ehr.xealth_view (organization, person, program, viewer, deployment, at)"
        " select $2, person, program, viewer, deployment, at from ehr.xealth_view where organization = $1"
        " on conflict (organization, person, program, viewer) do update set at = greatest(xealth_view.at, excluded.at)",
        source,
        target,
    )
    for table in ("ehr.xealth_preorder", "ehr.xealth_view"):
        await work.tx.execute(f"delete from {table} where organization = $1", source)  # noqa: S608 -- constants
