"""Whose metrics are sent: patients by id or by a query, all of them within a constant number of statements."""

from uuid import UUID

from openward.care import identity, patients
from openward.care.errors import Invalid, NotAllowed
from openward.care.identity import System
from openward.care.work import PersonKey, Work
from openward.wire.twine import scope
from openward.wire.twine.auth import organization, reach
from openward.wire.twine.metric_bodies import Asked, PatientQuery
from openward.wire.twine.names import keys_of, names_of, organization_name


async def people_of(work: Work, asked: Asked) -> tuple[list[PersonKey], dict[UUID, str]]:
    """The patient of each item, and the ids of all of them: those that were given, else their own.

    `NotAllowed` where one is out of reach; `Invalid` with each that cannot be found, and what else is wrong.
    """
    by_id = await _by_id(work, list({one for one in asked.patients if isinstance(one, str)}))
    found = await _by_query(work, [one for one in asked.patients if isinstance(one, PatientQuery)])
    queried = iter(found)
    people: list[PersonKey] = []
    faults = list(asked.faults)
    for place, one in enumerate(asked.patients):
        if one is None:
            continue
        if isinstance(one, str):
            matches = [by_id[one]] if one in by_id else []
            said = "There is no such patient"
        else:
            matches = next(queried)
            said = "This query matches several patients" if matches else "This query matches no patient"
        if len(matches) == 1:
            people.append(matches[0])
        else:
            faults.append(asked.patient_fault(place, said))
    if faults:
        raise Invalid(faults)
    names: dict[UUID, str] = {person: name for name, person in by_id.items()}
    unnamed = list({person for person in people if person not in names})
    return people, names | (await names_of(work, unnamed) if unnamed else {})


async def _by_id(work: Work, names: list[str]) -> dict[str, PersonKey]:
    if not names:
        return {}
    known = {name: PersonKey(key) for name, key in (await keys_of(work, names)).items()}
    reached = await patients.in_groups(work, organization(work), reach(work), list(known.values()))
    beyond = [person for person in known.values() if person not in reached]
    # What is no person at all is as unknown as an id that nobody has.
    if beyond and await identity.names(work, beyond, System.USER):
        raise NotAllowed
    return {name: person for name, person in known.items() if person in reached}


async def _by_query(work: Work, queries: list[PatientQuery]) -> list[list[PersonKey]]:
    """Whom each query matches, within the token's organization and reach."""
    if not queries:
        return []
    own = await organization_name(work, organization(work))
    if any(query.organization and query.organization != own for query in queries):
        raise NotAllowed
    wanted = {name for query in queries for name in query.groups or ()}
    keys = await keys_of(work, list(wanted)) if wanted else {}
    reachable = set(await scope.groups_of(work, wanted)) if wanted else set()
    pairs = {(query.identifier.system, query.identifier.value) for query in queries}
    found = await patients.by_identifiers(work, organization(work), reach(work), pairs)
    everybody = list({person for people in found.values() for person in people}) if wanted else []
    places = await patients.groups_of(work, organization(work), everybody)
    matches = []
    for query in queries:
        people = list(found[query.identifier.system, query.identifier.value])
        if query.groups:
            narrow = {keys[name] for name in query.groups if name in keys} & reachable
            people = [person for person in people if not narrow.isdisjoint(places.get(person, ()))]
        matches.append(people)
    return matches
