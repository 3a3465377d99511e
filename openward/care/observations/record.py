"""Keep measurements of patients of an organization, and read them again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from openward.care import audit, events, patients
from openward.care.errors import NotFound
from openward.care.identity import System, hex24, is_valid
from openward.care.observations import store
from openward.care.observations.catalogue import GLUCOSE, TYPES
from openward.care.observations.model import (
    GlucoseMeasured,
    GlucoseWithdrawn,
    Measured,
    Observation,
    ObservationsRecorded,
    Selection,
)
from openward.care.work import ActorKind, OrganizationKey, PersonKey, Work


async def record(
    work: Work,
    organization: OrganizationKey,
    measured: Sequence[tuple[PersonKey, Measured]],
    *,
    skips_repeats: bool = False,
) -> list[Observation | None]:
    """Keep what was measured of patients whom the caller reaches; each as kept, in the order given.

    skips_repeats: None stands for one that is left out because there is one of the same patient, type and time already,
    here or earlier in the list. A constant number of statements.
    """
    if skips_repeats:
        wanted = [(person, what.type, what.occurred_at) for person, what in measured]
        await store.lock_against_repeats(work, organization)
        seen = await store.known(work, organization, wanted)
    by = work.actor.person if work.actor.kind is ActorKind.PERSON else None
    kept: list[Observation | None] = []
    for person, what in measured:
        if skips_repeats:
            key = (person, what.type, what.occurred_at)
            if key in seen:
                kept.append(None)
                continue
            seen.add(key)
        kept.append(Observation(hex24(work.now), organization, person, work.now, what, by))
    made = [one for one in kept if one is not None]
    if made:
        await store.insert(work, made)
        audit.note_all(work, "write", "observations", _people(made), organization)
        types = tuple(dict.fromkeys(one.measured.type for one in made))
        ids = tuple(one.id for one in made)
        events.record(work, ObservationsRecorded(organization, tuple(_people(made)), types, ids))
        glucose = tuple(one.id for one in made if one.measured.type == GLUCOSE)
        if glucose:
            events.record(work, GlucoseMeasured(organization, glucose))
    return kept


def _people(observations: Sequence[Observation]) -> list[PersonKey]:
    return list(dict.fromkeys(one.person for one in observations))


async def withdraw(work: Work, organization: OrganizationKey, person: PersonKey, key: str) -> None:
    """Forget one observation of a patient that was written down by mistake; nothing happens when it is gone."""
    gone = await store.delete(work, organization, person, key)
    if gone is None:
        return
    audit.note(work, "delete", "observations", person, organization)
    what = gone.measured
    if what.type == GLUCOSE and what.value is not None and what.unit is not None:
        events.record(work, GlucoseWithdrawn(organization, person, what.occurred_at, what.value, what.unit))


async def glucose_at(
    work: Work, organization: OrganizationKey, person: PersonKey, moment: datetime
) -> list[Observation]:
    """Observations of blood glucose in one millisecond; for the house's bookkeeping."""
    start = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    return await store.at(work, person, organization, GLUCOSE, start, start + timedelta(milliseconds=1))


async def at(
    work: Work, organization: OrganizationKey, person: PersonKey, kind: str, moment: datetime
) -> list[Observation]:
    """Observations of one type at one very time; for the house's bookkeeping."""
    return await store.at(work, person, organization, kind, moment, moment + timedelta(microseconds=1))


async def get(work: Work, key: str) -> Observation:
    """One observation by its id; `NotFound` for an unknown one and one of another form. Not noted: see `note_reads`."""
    found = await store.get(work, [key]) if is_valid(System.TWINE, key) else []
    if not found:
        raise NotFound
    return found[0]


async def get_many(work: Work, ids: Sequence[str]) -> list[Observation]:
    """Observations by id, in no order; for those who know already that they may."""
    return await store.get(work, ids)


def note_reads(work: Work, organization: OrganizationKey, observations: Sequence[Observation]) -> None:
    """Note that these were shown."""
    audit.note_all(work, "read", "observations", _people(observations), organization)


async def count(work: Work, which: Selection) -> int:
    """How many observations of this selection there are."""
    return await store.count(work, await _narrowed(work, which))


async def page(
    work: Work,
    which: Selection,
    limit: int,
    *,
    after: tuple[datetime, str] | None = None,
    offset: int = 0,
    of: int | None = None,
) -> list[Observation]:
    """A part of a selection, latest first: behind the time and id of the last one seen, or from `offset` on.

    of: how many there are in all, where that is known; it shows the shorter way.
    """
    found = await store.page(work, await _narrowed(work, which), after, offset, limit, of)
    note_reads(work, which.organization, found)
    return found


async def _narrowed(work: Work, which: Selection) -> Selection:
    """One person of some groups is that person, or nobody."""
    if which.person is None or which.groups is None:
        return which
    if await patients.in_groups(work, which.organization, which.groups, [which.person]):
        return Selection(which.organization, which.person)
    return Selection(which.organization, groups=())


async def latest(
    work: Work, person: PersonKey, organization: OrganizationKey | None, types: Sequence[str]
) -> list[Observation]:
    """The latest observation of each of these types, latest first; of one organization, or of all (None)."""
    found = await store.latest(work, person, organization, types)
    if found:
        audit.note(work, "read", "observations", person, organization)
    return found


async def latest_of_many(
    work: Work, people: Sequence[PersonKey], organization: OrganizationKey, types: Sequence[str]
) -> list[Observation]:
    """The latest observation of each of these types of each of these people, in one organization, latest first."""
    found = await store.latest_of_many(work, people, organization, types) if people else []
    note_reads(work, organization, found)
    return found


async def series(
    work: Work, person: PersonKey, organization: OrganizationKey, start: datetime, most: int
) -> list[Observation]:
    """What was measured of a patient since then in one organization, latest first, at most so many of each type."""
    found = await store.series(work, person, organization, list(TYPES), start, most)
    note_reads(work, organization, found)
    return found


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """After a merge the target has what the source had."""
    await store.move(work, source, target)
