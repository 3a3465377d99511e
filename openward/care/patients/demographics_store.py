"""The SQL of demographics: `patients.demographics`, always together with the enrolment that they belong to."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import asyncpg
import msgspec

from openward.care.patients import store
from openward.care.patients.demographics import (
    Address,
    ContactPerson,
    ContactPoint,
    Demographics,
    EmailGroup,
    HumanName,
    Kept,
)
from openward.care.patients.model import Enrolment
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.infra.db import to_json

_PLAIN = ("gender", "marital_status", "language", "race", "ethnicity", "account_number", "deceased_at", "note")
_LISTS: dict[str, msgspec.json.Decoder[Any]] = {
    "names": msgspec.json.Decoder(tuple[HumanName, ...]),
    "telecom": msgspec.json.Decoder(tuple[ContactPoint, ...]),
    "contacts": msgspec.json.Decoder(tuple[ContactPerson, ...]),
    "addresses": msgspec.json.Decoder(tuple[Address, ...]),
}
_COLUMNS = (*_PLAIN, *_LISTS, "email_group_type", "email_group_name", "named_as")
_WRITTEN = ("organization", "person", *_COLUMNS, "other_emails")
_PUT = (
    f"insert into patients.demographics ({', '.join(_WRITTEN)})"  # noqa: S608 -- constant names
    f" values ({', '.join(f'${place + 1}' for place in range(len(_WRITTEN)))})"
    " on conflict (organization, person) do update set "
    + ", ".join(f"{name} = excluded.{name}" for name in _WRITTEN[2:])
)
_BOTH = (
    "select "  # noqa: S608 -- constant names
    + ", ".join(f"e.{name}" for name in store.READ)
    + ", "
    + ", ".join(f"d.{name}" for name in _COLUMNS)
    + " from patients.enrolment e left join patients.demographics d"
    " on d.organization = e.organization and d.person = e.person where e.organization = $1"
)


def _kept(row: asyncpg.Record) -> Kept | None:
    if row["named_as"] is None:
        return None
    group = row["email_group_type"]
    said = Demographics(
        **{name: row[name] for name in _PLAIN},
        **{name: decoder.decode(row[name]) for name, decoder in _LISTS.items()},
        email_group=None if group is None else EmailGroup(group, row["email_group_name"]),
    )
    return Kept(said, row["named_as"])


async def get(
    work: Work, organization: OrganizationKey, person: PersonKey, *, lock: bool = False
) -> tuple[Enrolment, Kept | None] | None:
    """The enrolment, removed or not, and what is kept beside it; with `lock` both stay until the end."""
    row = await work.tx.fetchrow(
        f"{_BOTH} and e.person = $2{' for no key update of e' if lock else ''}", organization, person
    )
    return None if row is None else (store.enrolment_of(row), _kept(row))


async def get_many(
    work: Work, organization: OrganizationKey, persons: Sequence[PersonKey]
) -> list[tuple[Enrolment, Kept | None]]:
    """The same of many people; unknown ones are absent."""
    rows = await work.tx.fetch(f"{_BOTH} and e.person = any($2::uuid[])", organization, list(persons))
    return [(store.enrolment_of(row), _kept(row)) for row in rows]


async def put(work: Work, enrolment: Enrolment, said: Demographics, other_emails: Sequence[str]) -> None:
    """Write what is kept beside an enrolment, in place of what was."""
    await work.tx.execute(_PUT, *_values(enrolment, said, other_emails))


async def insert_many(work: Work, rows: Sequence[tuple[Enrolment, Demographics, Sequence[str]]]) -> None:
    """Write what is kept beside new enrolments, with the addresses other than the contact address.

    What nobody has said anything of is left to the defaults of the table, and costs nothing.
    """
    enrolments, said, others = zip(*rows, strict=True)
    columns: dict[str, Sequence[Any]] = {
        "organization": [one.organization for one in enrolments],
        "person": [one.person for one in enrolments],
        "named_as": [one.full_name for one in enrolments],
    }
    for name in _PLAIN:
        values = list(map(attrgetter(name), said))
        if any(value is not None for value in values):
            columns[name] = values
    for name in _LISTS:
        values = list(map(attrgetter(name), said))
        if any(values):
            columns[name] = [to_json(value) if value else "[]" for value in values]
    if any(others):
        columns["other_emails"] = others
    groups = [one.email_group for one in said]
    if any(groups):
        columns["email_group_type"] = [group and group.type for group in groups]
        columns["email_group_name"] = [group and group.name for group in groups]
    await work.tx.copy_records_to_table(
        "demographics",
        schema_name="patients",
        columns=list(columns),
        records=list(zip(*columns.values(), strict=True)),
    )


def _values(enrolment: Enrolment, said: Demographics, other_emails: Sequence[str]) -> tuple[Any, ...]:
    group = said.email_group
    return (
        enrolment.organization,
        enrolment.person,
        *(getattr(said, name) for name in _PLAIN),
        *(to_json(getattr(said, name)) for name in _LISTS),
        group.type if group else None,
        group.name if group else None,
        enrolment.full_name,
        list(other_emails),
    )


async def lock_emails(work: Work, organization: OrganizationKey, addresses: Sequence[str]) -> None:
    """Whoever gives one of these addresses to a patient of the organization comes one after the other.

    At most 64 locks are taken, however many addresses there are: the server has room for some thousands in all.
    """
    await work.tx.execute(
        "select pg_advisory_xact_lock(n) from (select distinct"
        "  hashtextextended('email:' || $1::text || (hashtext(a) & 63), 0) n"
        " from unnest($2::text[]) a order by n) numbers",
        str(organization),
        list(addresses),
    )


async def held_emails(work: Work, organization: OrganizationKey, addresses: Sequence[str]) -> set[str]:
    """Those of these addresses that an active patient has, of whatever group."""
    rows = await work.tx.fetch(
        "select email from patients.enrolment where organization = $1 and email = any($2::text[]) and is_active"
        " union select unnest(d.other_emails) from patients.demographics d join patients.enrolment e"
        "  on e.organization = d.organization and e.person = d.person and e.is_active"
        "  where d.other_emails <> '{}' and d.other_emails && $2::text[] and d.organization = $1",
        organization,
        list(addresses),
    )
    return {row["email"] for row in rows} & set(addresses)


async def is_email_held(
    work: Work,
    organization: OrganizationKey,
    addresses: Sequence[str],
    except_for: PersonKey | None,
    group: EmailGroup | None,
) -> bool:
    """Whether another active patient outside of the group has one of these addresses."""
    return bool(
        await work.tx.fetchval(
            "select exists (select from ("
            "  select person from patients.enrolment where organization = $1 and email = any($2::text[]) and is_active"
            "  union all select d.person from patients.demographics d join patients.enrolment e"
            "   on e.organization = d.organization and e.person = d.person and e.is_active"
            "   where d.other_emails <> '{}' and d.other_emails && $2::text[] and d.organization = $1"
            " ) holder left join patients.demographics d on d.organization = $1 and d.person = holder.person"
            " where holder.person is distinct from $3 and (d.email_group_type is null or $4::text is null"
            "  or d.email_group_type <> $4 or d.email_group_name <> $5))",
            organization,
            list(addresses),
            except_for,
            group.type if group else None,
            group.name if group else None,
        )
    )
