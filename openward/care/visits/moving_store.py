"""SQL of a merge of organizations: what virtual care keeps of one goes to another."""

from openward.care.work import OrganizationKey, Work


async def move_rooms(work: Work, source: OrganizationKey, target: OrganizationKey, timezone: str | None) -> None:
    """Rooms go over with their time zone; a name that is taken there is made longer."""
    await work.tx.execute(
        "update visits.room r set organization = $2, timezone = coalesce(r.timezone, $3), updated_at = $4, name = case"
        "  when exists (select from visits.room o where o.organization = $2 and o.name = r.name)"
        "  then r.name || ' ' || right(r.key::text, 12) else r.name end where organization = $1",
        source,
        target,
        timezone,
        work.now,
    )


async def move_staff(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """Staff go over; whoever works in both keeps his name in the target; a user name that is taken there is lost."""
    await work.tx.execute(
        "update visits.staff t set is_provider = t.is_provider or s.is_provider,"
        " is_assistant = t.is_assistant or s.is_assistant"
        " from visits.staff s where s.organization = $1 and t.organization = $2 and t.person = s.person",
        source,
        target,
    )
    await work.tx.execute(
        "delete from visits.staff s where s.organization = $1"
        " and exists (select from visits.staff t where t.organization = $2 and t.person = s.person)",
        source,
        target,
    )
    await work.tx.execute(
        "update visits.staff s set organization = $2, username = case when exists (select from visits.staff t"
        "  where t.organization = $2 and lower(t.username) = lower(s.username)) then null else s.username end"
        " where organization = $1",
        source,
        target,
    )


async def move_visits(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """Visits go over; an external id that is taken there is made longer, for two programs gave it to two visits."""
    await work.tx.execute(
        "update visits.appointment a set organization = $2, external_id = case"
        "  when exists (select from visits.appointment o where o.organization = $2 and o.external_id = a.external_id)"
        "  then a.external_id || ' ' || right(a.key::text, 12) else a.external_id end where organization = $1",
        source,
        target,
    )


async def move_practice(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """What a practice has once is the target's, if it has none of its own."""
    await work.tx.execute(
        "insert into visits.practice (organization, teams_graph_url)"
        " select $2, teams_graph_url from visits.practice where organization = $1"
        " on conflict (organization) do update"
        " set teams_graph_url = coalesce(practice.teams_graph_url, excluded.teams_graph_url)",
        source,
        target,
    )
    await work.tx.execute("delete from visits.practice where organization = $1", source)
