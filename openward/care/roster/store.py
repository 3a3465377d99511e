"""The SQL that keeps the list: `roster.entry`, `roster.figures` and `roster.summary`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

from openward.care.roster.model import FIELDS, PERIODS, SCOPES
from openward.care.summaries import Kind
from openward.care.work import OrganizationKey, PersonKey, Work

_DATES = ("last_data", "first_data", "last_upload", "outdated_since")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a list searches, filters and sorts by, without what comes from summaries."""

    organization: OrganizationKey
    person: PersonKey
    record: UUID
    name_key: str
    birth_date: date | None
    search: str
    has_standard_ranges: bool
    last_reviewed_at: datetime | None
    unconnected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a summary contributes: the four dates, and the figures by period in the kept order."""

    dates: Mapping[str, datetime | None]
    figures: Mapping[str, Sequence[float]]


_OF_NEWCOMER = ("organization", "person", "record", "name_key", "birth_date", "search", "has_standard_ranges")
Newcomer: TypeAlias = tuple[OrganizationKey, PersonKey, UUID, str, date | None, str, bool]
"""The same parts of an entry of somebody whom nobody has looked at and who has no partner clouds yet."""
NOTHING = Standing(dict.fromkeys(_DATES), dict.fromkeys(PERIODS, ()))


async def lock_person(work: Work, person: PersonKey) -> None:
    """Whoever writes summaries or begins an enrolment of a person does so alone, so that neither misses the other."""
    await work.tx.execute("select pg_advisory_xact_lock(hashtextextended('roster:' || $1::text, 0))", str(person))


async def put_entry(work: Work, entry: Entry) -> None:
    """Write what the enrolment says."""
    await work.tx.execute(
        "insert into roster.entry (organization, person, record, name_key, birth_date, search,"
        " last_reviewed_at, has_standard_ranges, unconnected)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        " on conflict (organization, person) do update set record = excluded.record, name_key = excluded.name_key,"
        " birth_date = excluded.birth_date, search = excluded.search,"
        " last_reviewed_at = excluded.last_reviewed_at, has_standard_ranges = excluded.has_standard_ranges,"
        " unconnected = excluded.unconnected",
        entry.organization,
        entry.person,
        entry.record,
        entry.name_key,
        entry.birth_date,
        entry.search,
        entry.last_reviewed_at,
        entry.has_standard_ranges,
        list(entry.unconnected),
    )


async def insert_newcomers(work: Work, entries: Sequence[Newcomer], *, is_fresh: bool) -> None:
    """Write entries of new people; is_fresh: their words go into the index later."""
    await work.tx.copy_records_to_table(
        "entry",
        schema_name="roster",
        columns=[*_OF_NEWCOMER, "is_fresh"],
        records=[(*entry, is_fresh) for entry in entries],
    )


async def delete(work: Work, organization: OrganizationKey, person: PersonKey) -> None:
    """Take a patient off the list of an organization."""
    await work.tx.execute("delete from roster.entry where organization = $1 and person = $2", organization, person)
    await work.tx.execute(
        "delete from roster.figures where scope = any($3::text[]) and organization = $1 and person = $2",
        organization,
        person,
        list(SCOPES),
    )


def _put_standing_sql(kind: Kind) -> str:
    sets = ", ".join(f"{kind}_{name} = ${place + 2}" for place, name in enumerate(_DATES)) + f", has_{kind} = true"
    rows = ", ".join(f"('{kind}{period}', ${place + 6}::float8[])" for place, period in enumerate(PERIODS))
    return (
        f"with dated as (update roster.entry set {sets} where person = $1 returning organization, record)"  # noqa: S608
        " insert into roster.figures (scope, organization, person, record, figures)"
        f" select fresh.scope, dated.organization, $1, dated.record, fresh.figures from dated, (values {rows})"
        " fresh (scope, figures) on conflict (scope, organization, person) do update set figures = excluded.figures"
    )


_PUT_STANDING = {kind: _put_standing_sql(kind) for kind in FIELDS}


async def put_standing(work: Work, person: PersonKey, kind: Kind, standing: Standing) -> None:
    """Write dates and figures of one kind to every entry of a person, in one statement."""
    await work.tx.execute(
        _PUT_STANDING[kind],
        person,
        *(standing.dates[name] for name in _DATES),
        *(list(standing.figures[period]) for period in PERIODS),
    )


async def put_summary(work: Work, person: PersonKey, kind: Kind, name: str, document: bytes) -> None:
    """Keep the deflated JSON of a summary."""
    await work.tx.execute(
        "insert into roster.summary (person, kind, name, document) values ($1, $2, $3, $4)"
        " on conflict (person, kind) do update set name = excluded.name, document = excluded.document",
        person,
        kind,
        name,
        document,
    )


async def delete_summary(work: Work, person: PersonKey, kind: Kind) -> None:
    """Forget a summary."""
    await work.tx.execute("delete from roster.summary where person = $1 and kind = $2", person, kind)


async def summaries(work: Work, people: Sequence[PersonKey]) -> list[tuple[PersonKey, Kind, bytes]]:
    """The deflated summaries of these people."""
    rows = await work.tx.fetch(
        "select person, kind, document from roster.summary where person = any($1::uuid[])", list(people)
    )
    return [(PersonKey(row["person"]), Kind(row["kind"]), row["document"]) for row in rows]


async def named(work: Work, name: str) -> list[tuple[PersonKey, Kind]]:
    """Whose summary has this id."""
    rows = await work.tx.fetch("select person, kind from roster.summary where name = $1", name)
    return [(PersonKey(row["person"]), Kind(row["kind"])) for row in rows]
