"""The SQL that gives the plan of one person to another, when two patients turn out to be one."""

from uuid import UUID

from openward.care.work import PersonKey, Work


async def join(work: Work, gone: PersonKey, kept: PersonKey) -> dict[UUID, UUID]:
    """All that hangs from a plan goes into the other's, which keeps its own settings; plans that ended, and where."""
    rows = await work.tx.fetch(
        "select g.key gone, k.key kept from coaching.plan g join coaching.plan k"
        " on k.organization = g.organization and k.person = $2 where g.person = $1",
        gone,
        kept,
    )
    places: dict[UUID, UUID] = {row["gone"]: row["kept"] for row in rows}
    for source, target in places.items():
        for table in ("action", "bundle", "result"):
            await work.tx.execute(
                f"update coaching.{table} set plan = $2 where plan = $1",  # noqa: S608 -- constants
                source,
                target,
            )
    await work.tx.execute("delete from coaching.plan where key = any($1::uuid[])", list(places))
    await work.tx.execute("update coaching.plan set person = $2 where person = $1", gone, kept)
    return places
