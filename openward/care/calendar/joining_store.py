"""The SQL that gives what is kept of one person to another, when two patients turn out to be one."""

from openward.care.work import PersonKey, Work


async def join(work: Work, gone: PersonKey, kept: PersonKey) -> None:
    """Events go over; who comes to one as both comes once."""
    await work.tx.execute("update calendar.event set owner = $2 where owner = $1", gone, kept)
    await work.tx.execute(
        "delete from calendar.attendee g where g.participant = $1 and exists (select from calendar.attendee k"
        " where k.event = g.event and k.participant = $2)",
        gone,
        kept,
    )
    await work.tx.execute("update calendar.attendee set participant = $2 where participant = $1", gone, kept)
