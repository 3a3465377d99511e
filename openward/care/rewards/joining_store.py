"""The SQL that gives the rewards of one person to another, when two patients turn out to be one."""

from uuid import UUID

from openward.care.work import PersonKey, Work


async def join(work: Work, gone: PersonKey, kept: PersonKey) -> dict[UUID, UUID]:
    """Rewards go over; of two activations of a program the other's stays. Activations that ended, and where."""
    rows = await work.tx.fetch(
        "select g.key gone, k.key kept from rewards.activation g join rewards.activation k"
        " on k.program = g.program and k.person = $2 where g.person = $1",
        gone,
        kept,
    )
    places: dict[UUID, UUID] = {row["gone"]: row["kept"] for row in rows}
    for source, target in places.items():
        await work.tx.execute("update rewards.reward set activation = $2 where activation = $1", source, target)
    await work.tx.execute("delete from rewards.activation where key = any($1::uuid[])", list(places))
    await work.tx.execute("update rewards.activation set person = $2 where person = $1", gone, kept)
    return places
