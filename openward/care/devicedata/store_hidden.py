"""SQL of what the deduplicators hide, bring back or remove across data sets: `devicedata.hidden`."""

from collections.abc import Sequence

from openward.care.devicedata.model import KIND_NUMBERS, DataSet
from openward.care.work import Work

_BY_VARIANT = ", ".join(str(KIND_NUMBERS[name]) for name in ("basal", "bolus", "deviceEvent"))
# Two data are one event when kind, time, device, value and (for some kinds) variant agree: what the identity hash
# is made of. The index by person, kind and time finds the candidates, so the hash itself is never stored.
_SAME_EVENT = (
    "o.subject = n.subject and o.kind = n.kind and o.time = n.time and o.value is not distinct from n.value"
    f" and op.device = np.device and (n.kind not in ({_BY_VARIANT}) or op.variant is not distinct from np.variant)"
)


async def hide(work: Work, data_set: int, ordinals: Sequence[int]) -> None:
    """Withdraw rows of a set: they stay, but nobody sees them."""
    await work.tx.execute(
        "insert into devicedata.hidden (data_set, ordinal, at) select $1, o, $3 from unnest($2::int[]) as o"
        " on conflict do nothing",
        data_set,
        list(ordinals),
        work.now,
    )
    await count_hidden(work, [data_set])


async def count_hidden(work: Work, data_sets: Sequence[int]) -> None:
    """Bring the counters of these sets up to date: queries look into `hidden` only for sets that have any."""
    await work.tx.execute(
        "update devicedata.data_set s set hidden = (select count(*) from devicedata.hidden h where h.data_set = s.key)"
        " where s.key = any($1::int[])",
        sorted(data_sets),
    )


async def lock_others(work: Work, target: DataSet) -> None:
    """Hold the person's other sets, in one order: none of them may take data in while another set changes it."""
    await work.tx.execute(
        "select from devicedata.data_set where subject = $1 and key <> $2 and deleted_at is null"
        " order by key for update",
        target.subject,
        target.key,
    )


async def archive_same_events(work: Work, target: DataSet, deduplicator: str) -> list[int]:
    """Hide what other active sets under this deduplicator hold of the events in this set; the sets concerned."""
    rows = await work.tx.fetch(
        "with fresh as (insert into devicedata.hidden (data_set, ordinal, archived_by, at)"  # noqa: S608 -- constants
        " select o.data_set, o.ordinal, $1, $3 from devicedata.datum n"
        " join devicedata.shape np on np.data_set = n.data_set and np.number = n.shape"
        " join devicedata.datum o on o.data_set <> n.data_set and o.subject = n.subject and o.kind = n.kind"
        " and o.time = n.time"
        " join devicedata.shape op on op.data_set = o.data_set and op.number = o.shape"
        " join devicedata.data_set s on s.key = o.data_set and s.is_active and s.deleted_at is null"
        " and s.deduplicator = $2"
        f" where n.data_set = $1 and {_SAME_EVENT} on conflict do nothing returning data_set)"
        " select distinct data_set from fresh",
        target.key,
        deduplicator,
        work.now,
    )
    return [row["data_set"] for row in rows]


async def unarchive(work: Work, target: DataSet) -> list[int]:
    """Before a set is deleted: what it archived takes over the state of its own matching rows; the sets concerned.

    A row whose match is itself archived by a third set is from now on archived by that one; all others come back.
    """
    touched = await work.tx.fetch("select distinct data_set from devicedata.hidden where archived_by = $1", target.key)
    await work.tx.execute(
        "update devicedata.hidden h set archived_by = m.archived_by from ("  # noqa: S608 -- constants
        " select o.data_set, o.ordinal, min(nh.archived_by) archived_by from devicedata.hidden oh"
        " join devicedata.datum o on o.data_set = oh.data_set and o.ordinal = oh.ordinal"
        " join devicedata.shape op on op.data_set = o.data_set and op.number = o.shape"
        " join devicedata.datum n on n.data_set = $1 and n.subject = o.subject and n.kind = o.kind and n.time = o.time"
        " join devicedata.shape np on np.data_set = n.data_set and np.number = n.shape"
        " join devicedata.hidden nh on nh.data_set = n.data_set and nh.ordinal = n.ordinal"
        f" where oh.archived_by = $1 and nh.archived_by is not null and {_SAME_EVENT}"
        " group by o.data_set, o.ordinal) m where h.data_set = m.data_set and h.ordinal = m.ordinal",
        target.key,
    )
    await work.tx.execute("delete from devicedata.hidden where archived_by = $1", target.key)
    keys = [row["data_set"] for row in touched]
    await count_hidden(work, keys)
    return keys


async def remove_same_device(work: Work, target: DataSet) -> list[int]:
    """Remove data of this set's device from the person's other sets for good; the sets that were of that device."""
    for table in ("given_id", "origin_key", "hidden", "datum"):
        await work.tx.execute(
            f"delete from devicedata.{table} t using devicedata.datum d, devicedata.shape p, devicedata.data_set s"  # noqa: S608
            " where s.subject = $1 and s.key <> $2 and d.data_set = s.key and p.data_set = d.data_set"
            " and p.number = d.shape and p.device = $3 and t.data_set = d.data_set and t.ordinal = d.ordinal",
            target.subject,
            target.key,
            target.device_id,
        )
    rows = await work.tx.fetch(
        "select key from devicedata.data_set where subject = $1 and key <> $2 and device_id = $3"
        " and deleted_at is null",
        target.subject,
        target.key,
        target.device_id,
    )
    return [row["key"] for row in rows]
