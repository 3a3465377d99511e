"""People of calendar events: owners, attendees and who marks one as done, by the ids that a body names."""

from collections.abc import Sequence
from uuid import UUID

from openward.care import identity, organizations, patients
from openward.care.calendar import Participant
from openward.care.errors import Fault, Invalid, NotAllowed, NotFound
from openward.care.identity import System
from openward.care.organizations import Coach
from openward.care.work import MemberKey, PersonKey, Work
from openward.wire.twine import scope
from openward.wire.twine.auth import organization, reach
from openward.wire.twine.calendar_body import ATTRIBUTES, OWNER
from openward.wire.twine.coaches import is_visible
from openward.wire.twine.errors import body_fault, refuse
from openward.wire.twine.names import keys_of


async def owner_of(work: Work, name: str) -> PersonKey:
    """The patient whom an event is for; `Invalid` for nobody, `NotAllowed` out of reach."""
    try:
        return await scope.person_of(work, name)
    except NotFound:
        raise refuse(OWNER, "There is no such patient") from None


async def coach_of(work: Work, name: str) -> MemberKey:
    """The coach who marks an event as done; `Invalid` for nobody, `NotAllowed` out of reach."""
    key = (await keys_of(work, [name])).get(name)
    found = (await organizations.get_coaches(work, [MemberKey(key)])).get(MemberKey(key)) if key else None
    if found is None:
        raise refuse(f"{ATTRIBUTES}/completed_by", "There is no such coach")
    if not is_visible(work, found):
        raise NotAllowed
    return found.member


async def participants_of(work: Work, names: Sequence[str], there: Sequence[Participant] = ()) -> list[Participant]:
    """Coaches and patients with these ids; those who come already (`there`) are not asked about.

    `NotAllowed` for somebody out of reach, `Invalid` at each id that is neither's. Five statements for any number.
    """
    keys = await keys_of(work, list(dict.fromkeys(names)))
    known = {one.key: one for one in there}
    known |= await reachable(work, [key for key in keys.values() if key not in known])
    faults: list[Fault] = [
        body_fault(f"{ATTRIBUTES}/attendees/{place}/user", "There is no such coach or patient")
        for place, name in enumerate(names)
        if keys.get(name) not in known
    ]
    if faults:
        raise Invalid(faults)
    return [known[keys[name]] for name in names]


async def reachable(work: Work, keys: Sequence[UUID]) -> dict[UUID, Participant]:
    """Who of these is a coach or a patient within reach; `NotAllowed` for one who is beyond, others are absent."""
    coaches: dict[MemberKey, Coach] = await organizations.get_coaches(work, [MemberKey(key) for key in keys])
    if not all(is_visible(work, coach) for coach in coaches.values()):
        raise NotAllowed
    rest = [PersonKey(key) for key in keys if key not in coaches]
    people = await patients.in_groups(work, organization(work), reach(work), rest)
    beyond = [person for person in rest if person not in people]
    # What is no person at all is as unknown as an id that nobody has.
    if beyond and await identity.names(work, beyond, System.USER):
        raise NotAllowed
    found = {key: Participant(key, is_coach=True) for key in coaches}
    return found | {person: Participant(person, is_coach=False) for person in people}
