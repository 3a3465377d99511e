"""SQL of a merge of organizations: profiles and answers of one go to another."""

from collections.abc import Mapping

from openward.care.work import OrganizationKey, Work

# People with a profile in both: the source's number and the target's.
_BOTH = (
    "select s.number gone, t.number kept from surveys.profile s join surveys.profile t on t.person = s.person"
    " and t.organization = $2 and t.replaced_by is null where s.organization = $1 and s.replaced_by is null"
)


async def answered(work: Work, organization: OrganizationKey) -> list[int]:
    """The questions to which an organization has answers."""
    rows = await work.tx.fetch("select distinct question from surveys.answer where organization = $1", organization)
    return [row["question"] for row in rows]


async def renumber(work: Work, organization: OrganizationKey, numbers: Mapping[int, int]) -> None:
    """Answers to these questions answer others from now on; nobody has any to those. Entries follow."""
    await work.tx.execute(
        "update surveys.answer a set question = n.new from unnest($2::int[], $3::int[]) n(old, new)"
        " where a.organization = $1 and a.question = n.old",
        organization,
        list(numbers),
        list(numbers.values()),
    )


async def join_profiles(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """Of people with two profiles the target's takes all entries, and the number of the other leads to it."""
    await work.tx.execute(
        f"with b as ({_BOTH}) insert into surveys.answer"  # noqa: S608 -- constants
        " (profile, question, organization, person, created_at, updated_at)"
        " select b.kept, a.question, $2, a.person, a.created_at, a.updated_at"
        " from surveys.answer a join b on b.gone = a.profile on conflict (profile, question) do update"
        " set created_at = least(answer.created_at, excluded.created_at),"
        " updated_at = greatest(answer.updated_at, excluded.updated_at)",
        source,
        target,
    )
    for change in (
        "update surveys.entry e set profile = b.kept from b where e.profile = b.gone",
        "delete from surveys.answer a using b where a.profile = b.gone",
        "update surveys.profile p set replaced_by = b.kept from b where b.gone in (p.number, p.replaced_by)",
    ):
        await work.tx.execute(f"with b as ({_BOTH}) {change}", source, target)


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """All that is left belongs to the target."""
    for table in ("profile", "answer"):
        await work.tx.execute(
            f"update surveys.{table} set organization = $2 where organization = $1",  # noqa: S608 -- constants
            source,
            target,
        )
    await work.tx.execute("delete from surveys.definition where organization = $1", source)
