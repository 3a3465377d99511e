"""The SQL of pushes that are due: `ehr.sync_task`."""

from collections.abc import Sequence
from datetime import datetime

from openward.care.ehr.settings import Provider
from openward.care.work import OrganizationKey, PersonKey, Work

DUE = "due"


async def add_for_organization(
    work: Work, organization: OrganizationKey, provider: Provider, except_for: Sequence[PersonKey]
) -> int:
    """A task for each patient with an active subscription but these; how many that were."""
    return await _add(work, [organization], None, provider, except_for)


async def add_for_person(
    work: Work, organizations: list[OrganizationKey], person: PersonKey, provider: Provider
) -> int:
    """A task for each active subscription of this patient in these organizations; how many that were."""
    return await _add(work, organizations, person, provider)


async def _add(
    work: Work,
    organizations: list[OrganizationKey],
    person: PersonKey | None,
    provider: Provider,
    except_for: Sequence[PersonKey] = (),
) -> int:
    """One statement for all patients. A task names the last order and the task that came before it for that order.

    The document id is made of the moment and of random digits, in the shape of all such ids.
    """
    done = await work.tx.execute(
        "insert into ehr.sync_task (name, organization, person, provider, message, previous, state, created_at)"
        " select lpad(to_hex(extract(epoch from $4::timestamptz)::bigint), 8, '0')"
        "  || substr(replace(gen_random_uuid()::text, '-', ''), 1, 16),"
        "  s.organization, s.person, s.provider, last.message, before.key, $5, $4"
        " from ehr.subscription s"
        " cross join lateral (select message from ehr.matched_message a where a.organization = s.organization"
        "  and a.person = s.person and a.provider = s.provider order by a.place desc limit 1) last"
        " left join lateral (select key from ehr.sync_task t where t.organization = s.organization"
        "  and t.person = s.person and t.message = last.message order by t.created_at desc limit 1) before on true"
        " where s.is_active and s.organization = any($1::uuid[]) and ($2::uuid is null or s.person = $2)"
        " and s.provider = $3 and s.person <> all($6::uuid[])",
        organizations,
        person,
        provider,
        work.now,
        DUE,
        list(except_for),
    )
    return int(done.rsplit(" ", 1)[1])


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
