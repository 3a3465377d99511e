"""The SQL of senders: `ehr.feed`."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
import msgspec

from openward.care.ehr.feed.model import Feed, FeedSettings, Names
from openward.care.work import OrganizationKey, Work
from openward.infra.db import to_json

_settings = msgspec.json.Decoder(FeedSettings)
_NAMES = "sending_application, sending_facility, receiving_application, receiving_facility"
_READ = f"key, organization, {_NAMES}, settings, is_enabled"


def _feed(row: asyncpg.Record) -> Feed:
    names = Names(*(row[name] for name in _NAMES.split(", ")))
    settings = _settings.decode(row["settings"])
    return Feed(row["key"], OrganizationKey(row["organization"]), names, settings, row["is_enabled"])


async def fitting(work: Work, names: Names) -> list[Feed]:
    """The enabled senders whose names fit those of a message."""
    rows = await work.tx.fetch(
        f"select {_READ} from ehr.feed where is_enabled and sending_application in ('', $1)"  # noqa: S608
        " and sending_facility in ('', $2) and receiving_application in ('', $3) and receiving_facility in ('', $4)",
        *names.all,
    )
    return [_feed(row) for row in rows]


async def enabled(work: Work) -> list[Feed]:
    """All enabled senders of the installation."""
    rows = await work.tx.fetch(f"select {_READ} from ehr.feed where is_enabled")  # noqa: S608 -- constant names
    return [_feed(row) for row in rows]


async def by_names(work: Work, names: Names) -> Feed | None:
    """The sender of exactly these names, its row locked."""
    row = await work.tx.fetchrow(
        f"select {_READ} from ehr.feed where ({_NAMES}) = ($1, $2, $3, $4) for no key update",  # noqa: S608
        *names.all,
    )
    return None if row is None else _feed(row)


async def get(work: Work, organization: OrganizationKey, key: UUID) -> Feed | None:
    """A sender of this organization, its row locked."""
    row = await work.tx.fetchrow(
        f"select {_READ} from ehr.feed where organization = $1 and key = $2 for no key update",  # noqa: S608
        organization,
        key,
    )
    return None if row is None else _feed(row)


async def of_organization(work: Work, organization: OrganizationKey) -> Sequence[Feed]:
    """The senders of an organization, oldest first."""
    rows = await work.tx.fetch(
        f"select {_READ} from ehr.feed where organization = $1 order by created_at, key",  # noqa: S608
        organization,
    )
    return [_feed(row) for row in rows]


async def insert(work: Work, feed: Feed) -> bool:
    """Write a new sender; False when these names are taken."""
    done = await work.tx.execute(
        f"insert into ehr.feed (key, organization, {_NAMES}, settings, is_enabled, created_at,"  # noqa: S608
        " modified_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) on conflict do nothing",
        feed.key,
        feed.organization,
        *feed.names.all,
        to_json(feed.settings),
        feed.is_enabled,
        work.now,
    )
    return not str(done).endswith(" 0")


async def update(work: Work, feed: Feed) -> None:
    """Write other settings of a sender."""
    await work.tx.execute(
        "update ehr.feed set settings = $2, is_enabled = $3, modified_at = $4 where key = $1",
        feed.key,
        to_json(feed.settings),
        feed.is_enabled,
        work.now,
    )


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """Senders of one organization send for another from now on."""
    await work.tx.execute("update ehr.feed set organization = $2 where organization = $1", source, target)
