"""The SQL of tags, sites and groups in the list: `roster.label` (who has which) and `roster.tally` (how many have it).

A label is a row of its own, so that giving one to 100,000 patients inserts narrow rows instead of rewriting wide ones.
"""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from openward.care.work import OrganizationKey, PersonKey, Work

ALL = UUID(int=0)
"""Stands for no label in particular, in `tally`."""


def has_all(labels: str) -> str:
    """The condition that the person of `e` has all labels of an argument such as `$2`, once more than a few are asked.

    One pass over the labels, whatever their number; none means everybody. `$1` is the organization.
    """
    return (
        f"(cardinality({labels}::uuid[]) = 0 or e.person in (select l.person from roster.label l"  # noqa: S608
        f" where l.organization = $1 and l.label = any({labels}::uuid[]) group by l.person"
        f" having count(*) = (select count(distinct one) from unnest({labels}::uuid[]) one)))"
    )


async def of(work: Work, organization: OrganizationKey, person: PersonKey) -> list[UUID] | None:
    """Tags and sites of an entry as it stands, None when there is none. Of groups `is_site` is null."""
    found = await work.tx.fetchval(
        "select array(select label from roster.label where organization = $1 and person = $2 and is_site is not null)"
        " from roster.entry where organization = $1 and person = $2",
        organization,
        person,
    )
    return None if found is None else list(found)


async def put(
    work: Work,
    organization: OrganizationKey,
    person: PersonKey,
    before: Collection[UUID],
    tags: Collection[UUID],
    sites: Collection[UUID],
) -> dict[UUID, int]:
    """Let somebody who has the labels `before` have these; what came (1) and went (-1).

    Only rows count, not what was asked: a label that is deleted at this moment has been taken off by that already.
    """
    after = {**dict.fromkeys(tags, False), **dict.fromkeys(sites, True)}
    gone = [label for label in before if label not in after]
    new = {label: is_site for label, is_site in after.items() if label not in before}
    changes: dict[UUID, int] = {}
    if gone:
        rows = await work.tx.fetch(
            "delete from roster.label where organization = $1 and person = $2 and label = any($3::uuid[])"
            " returning label",
            organization,
            person,
            gone,
        )
        changes |= {row["label"]: -1 for row in rows}
    if new:
        rows = await work.tx.fetch(
            "insert into roster.label (organization, label, person, is_site)"
            " select $1, label, $2, is_site from unnest($3::uuid[], $4::boolean[]) given (label, is_site)"
            " on conflict do nothing returning label",
            organization,
            person,
            list(new),
            list(new.values()),
        )
        changes |= {row["label"]: 1 for row in rows}
    return changes


async def clear(work: Work, organization: OrganizationKey, person: PersonKey) -> dict[UUID, int]:
    """Take all labels off somebody who is taken off the list; which went (-1)."""
    rows = await work.tx.fetch(
        "delete from roster.label where organization = $1 and person = $2 returning label", organization, person
    )
    return {row["label"]: -1 for row in rows}


async def regroup(
    work: Work, organization: OrganizationKey, people: Sequence[PersonKey], pairs: Sequence[tuple[PersonKey, UUID]]
) -> dict[UUID, int]:
    """Let these people be in exactly these groups, as far as they are on the list; how many more each group has."""
    wanted = [person for person, _ in pairs], [group for _, group in pairs]
    gone = await work.tx.fetch(
        "with gone as (delete from roster.label l where organization = $1 and person = any($2::uuid[])"
        "  and is_site is null and not exists (select from unnest($3::uuid[], $4::uuid[]) w (person, label)"
        "   where w.person = l.person and w.label = l.label) returning label)"
        " select label, count(*) n from gone group by label",
        organization,
        list(people),
        *wanted,
    )
    came = await work.tx.fetch(
        "with came as (insert into roster.label (organization, label, person, is_site)"
        "  select $1, w.label, w.person, null from unnest($2::uuid[], $3::uuid[]) w (person, label)"
        "  join roster.entry e on e.organization = $1 and e.person = w.person on conflict do nothing returning label)"
        " select label, count(*) n from came group by label",
        organization,
        *wanted,
    )
    return {row["label"]: -row["n"] for row in gone} | {row["label"]: row["n"] for row in came}


async def begin_groups(work: Work, organization: OrganizationKey, pairs: Sequence[tuple[UUID, PersonKey]]) -> None:
    """Groups of people whose entries were written just now."""
    await work.tx.copy_records_to_table(
        "label",
        schema_name="roster",
        columns=["organization", "label", "person"],
        records=[(organization, group, person) for group, person in pairs],
    )


async def replace_groups(work: Work, organization: OrganizationKey, replaced: Sequence[tuple[UUID, UUID]]) -> None:
    """Whoever had a label that is gone has the one in its place; both are counted anew."""
    gone, kept = [one for one, _ in replaced], [one for _, one in replaced]
    await work.tx.execute(
        "with gone as (delete from roster.label l using unnest($2::uuid[], $3::uuid[]) r (gone, kept)"
        "  where l.organization = $1 and l.label = r.gone returning r.kept, l.person)"
        " insert into roster.label (organization, label, person, is_site)"
        " select $1, kept, person, null from gone on conflict do nothing",
        organization,
        gone,
        kept,
    )
    await work.tx.execute(
        "delete from roster.tally where organization = $1 and label = any($2::uuid[])", organization, gone
    )
    await work.tx.execute(
        "insert into roster.tally as t (organization, label, total)"
        " select $1, kept, (select count(*) from roster.label l where l.organization = $1 and l.label = kept)"
        " from unnest($2::uuid[]) kept order by kept"
        " on conflict (organization, label) do update set total = excluded.total",
        organization,
        list(dict.fromkeys(kept)),
    )


async def spread(
    work: Work, organization: OrganizationKey, label: UUID, people: Sequence[PersonKey], *, is_site: bool
) -> None:
    """Give a label to people who are on the list; who has it keeps it."""
    done = await work.tx.execute(
        "insert into roster.label (organization, label, person, is_site)"
        " select $1, $2, person, $4 from unnest($3::uuid[]) person order by person on conflict do nothing",
        organization,
        label,
        people,
        is_site,
    )
    await tally(work, organization, {label: _count(done)})


async def withdraw(work: Work, organization: OrganizationKey, label: UUID, people: Sequence[PersonKey]) -> None:
    """Take a label off these people."""
    done = await work.tx.execute(
        "delete from roster.label where organization = $1 and label = $2 and person = any($3::uuid[])",
        organization,
        label,
        people,
    )
    await _discount(work, organization, label, _count(done))


async def drop(work: Work, organization: OrganizationKey, label: UUID) -> None:
    """Take a label off everybody."""
    done = await work.tx.execute("delete from roster.label where organization = $1 and label = $2", organization, label)
    await _discount(work, organization, label, _count(done))


async def who(work: Work, organization: OrganizationKey, label: UUID, most: int) -> list[PersonKey]:
    """The first `most` of those who have a label."""
    rows = await work.tx.fetch(
        "select person from roster.label where organization = $1 and label = $2 order by person limit $3",
        organization,
        label,
        most,
    )
    return [PersonKey(row["person"]) for row in rows]


async def tally(work: Work, organization: OrganizationKey, changes: Mapping[UUID, int]) -> None:
    """So many entries more or less, by label and (`ALL`) altogether.

    The rows are held until the end of the transaction, hence this comes last in a piece of work, and always in the
    same order.
    """
    wanted = sorted((label, change) for label, change in changes.items() if change)
    if wanted:
        await work.tx.execute(
            "insert into roster.tally as t (organization, label, total)"
            " select $1, label, change from unnest($2::uuid[], $3::bigint[]) given (label, change) order by label"
            " on conflict (organization, label) do update set total = t.total + excluded.total",
            organization,
            [label for label, _ in wanted],
            [change for _, change in wanted],
        )


async def _discount(work: Work, organization: OrganizationKey, label: UUID, count: int) -> None:
    """So many fewer; somebody may have counted one more meanwhile, hence the row goes only when it says nobody."""
    await tally(work, organization, {label: -count})
    await work.tx.execute(
        "delete from roster.tally where organization = $1 and label = $2 and total = 0", organization, label
    )


async def counts(work: Work, organizations: Sequence[OrganizationKey]) -> dict[UUID, int]:
    """How many listed patients of these organizations have each tag and each site."""
    rows = await work.tx.fetch(
        "select label, total from roster.tally where organization = any($1::uuid[]) and label <> $2 and total > 0",
        list(organizations),
        ALL,
    )
    return {row["label"]: row["total"] for row in rows}


def _count(done: str) -> int:
    return int(done.rsplit(" ", 1)[1])
