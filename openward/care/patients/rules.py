"""Pure decisions about patients: who counts, which ranges are standard, whether a limit stops a new one."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from openward.care.errors import Unprocessable
from openward.care.organizations import Limit
from openward.care.patients.model import DataSource, Enrolment

# Tidepool: patients whose device maker pays for them do not count towards the plan of the clinic.
_PAID_BY_PROVIDER = frozenset({"twiist"})
STANDARD_PRESET = "adaStandard"
MRN_MISSING = "mrn-required"
MRN_TAKEN = "mrn-taken"


def counts_in_plan(enrolment: Enrolment) -> bool:
    """Whether this patient counts towards the plan of his organization."""
    providers = {source.provider for source in enrolment.data_sources or ()}
    return not enrolment.is_demo and providers.isdisjoint(_PAID_BY_PROVIDER)


def has_standard_ranges(ranges: Mapping[str, Any] | None) -> bool:
    """Whether the glycemic ranges are the standard ones, which no value means too."""
    return ranges is None or (
        ranges.get("type") == "preset" and ranges.get("preset", STANDARD_PRESET) == STANDARD_PRESET
    )


def unconnected(sources: Sequence[DataSource] | None) -> tuple[str, ...]:
    """The partner clouds that have an entry, but no connection that works."""
    return tuple(sorted({source.provider for source in sources or () if source.state != "connected"}))


def is_full(limit: Limit | None, present: int, now: datetime) -> bool:
    """Whether a limit that holds now leaves no room for one more."""
    if limit is None or (limit.start and now < limit.start) or (limit.end and now > limit.end):
        return False
    return present >= limit.plan


def refuse_foreign_sites(wanted: Collection[UUID], present: Collection[UUID]) -> None:
    """`Unprocessable` when a wanted site is not one of the organization's."""
    if not set(wanted) <= set(present):
        raise Unprocessable("the clinic has no such site")


def unique(keys: Sequence[UUID]) -> tuple[UUID, ...]:
    """The keys without repeats, in their order."""
    return tuple(dict.fromkeys(keys))
