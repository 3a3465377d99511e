"""What happens to visits by itself: those to which nobody came are given up."""

from collections.abc import Mapping
from typing import Any

from openward.care import audit, events
from openward.care.visits import store
from openward.care.visits.model import AppointmentEnded, Outcome
from openward.care.work import Work
from openward.infra.jobs import Deferred

SWEEP = "visits.sweep"
_BATCH = 500


async def sweep_job(work: Work, _data: Mapping[str, Any]) -> None:
    """Mark visits as missed, a day after their planned end, a batch at a time."""
    missed = await store.take_missed(work, _BATCH)
    for key, organization, person in missed:
        audit.note(work, "write", "appointment", person, organization)
        events.record(work, AppointmentEnded(organization, person, key, Outcome.NO_SHOW))
    if len(missed) == _BATCH:
        work.tasks.append(Deferred(SWEEP, key=SWEEP))
