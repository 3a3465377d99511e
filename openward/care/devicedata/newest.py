"""When a person's newest reading was taken: what statistics of the last days hang on."""

from collections.abc import Sequence
from datetime import datetime

from openward.care.devicedata import store_query
from openward.care.devicedata.model import KIND_NUMBERS
from openward.care.work import PersonKey, Work


async def newest(
    work: Work,
    person: PersonKey,
    kinds: Sequence[str],
    since: datetime,
    until: datetime,
    *,
    is_continuous: bool = False,
) -> datetime | None:
    """The time of the newest visible reading of `kinds` (cbg, smbg) with since <= time <= until; None without any.

    `is_continuous`: only those of continuous data sets. Asks no permission: it serves our own figures.
    """
    numbers = [KIND_NUMBERS[kind] for kind in kinds]
    return await store_query.newest(work, person, numbers, since, until, is_continuous=is_continuous)
