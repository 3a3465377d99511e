"""The SQL that gives what is kept of one person to another, when two patients turn out to be one."""

from openward.care.work import PersonKey, Work


async def join(work: Work, gone: PersonKey, kept: PersonKey) -> None:
    """Answers are put together by the time they were given; the number of the one profile leads to the other."""
    both = (
        "select g.number gone, k.number kept from surveys.profile g join surveys.profile k"
        " on k.person = $2 and k.organization = g.organization and k.replaced_by is null"
        " where g.person = $1 and g.replaced_by is null"
    )
    await work.tx.execute(
        f"with b as ({both}) insert into surveys.answer"  # noqa: S608 -- constants
        " (profile, question, organization, person, created_at, updated_at)"
        " select b.kept, a.question, a.organization, $2, a.created_at, a.updated_at"
        " from surveys.answer a join b on b.gone = a.profile on conflict (profile, question) do update"
        " set created_at = least(answer.created_at, excluded.created_at),"
        " updated_at = greatest(answer.updated_at, excluded.updated_at)",
        gone,
        kept,
    )
    for change in (
        "update surveys.entry e set profile = b.kept from b where e.profile = b.gone",
        "delete from surveys.answer a using b where a.profile = b.gone",
        "update surveys.profile p set replaced_by = b.kept from b where b.gone in (p.number, p.replaced_by)",
    ):
        await work.tx.execute(f"with b as ({both}) {change}", gone, kept)
    await work.tx.execute("update surveys.profile set person = $2 where person = $1", gone, kept)
    await work.tx.execute("update surveys.answer set person = $2 where person = $1", gone, kept)
    await work.tx.execute("update surveys.entry set answered_by = $2 where answered_by = $1", gone, kept)
