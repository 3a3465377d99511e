"""Whom a caller asks about: the filters by patient, groups and organization, within what the token reaches."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from openward.care import identity, organizations, patients
from openward.care.errors import Fault, Invalid, NotAllowed, NotFound
from openward.care.identity import System
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.wire.twine.auth import organization, reach, require_groups
from openward.wire.twine.errors import PARAMETER
from openward.wire.twine.names import key_of, keys_of, organization_key
from openward.wire.twine.organization import require_own
from openward.wire.twine.query import Filter, Query, filter_name

FILTERS = {"patient": Filter.ID, "groups": Filter.IDS, "organization": Filter.ID}


@dataclass(frozen=True, slots=True)
class Scope:
    """Patients of one organization: of some groups (None: of all), and one of them alone if `person` is set."""

    organization: OrganizationKey
    groups: tuple[UUID, ...] | None = None
    person: PersonKey | None = None
    is_empty: bool = False


async def read(work: Work, asked: Query, names: Sequence[str] = tuple(FILTERS)) -> Scope:
    """The scope of a list. `NotAllowed` for what exists out of the token's reach; an unknown id makes it empty.

    With the setting `twine_require_scope_filter` one of the filters `names` has to be there.
    """
    wanted = {name: asked.get(name) for name in names if asked.get(name) is not None}
    if not wanted and work.tools.settings.twine_require_scope_filter:
        needed = ", ".join(filter_name(name) for name in names)
        detail = f"One of {needed} is needed" if len(names) > 1 else "This filter is needed"
        raise Invalid([Fault(PARAMETER, filter_name(names[0]), detail)])
    owner = organization(work)
    confined, is_empty, person = reach(work), False, None
    if "organization" in wanted:
        await require_own(work, wanted["organization"])
        is_empty = await organization_key(work, wanted["organization"]) is None
    if "groups" in wanted:
        confined = tuple(await groups_of(work, wanted["groups"]))
        is_empty = is_empty or not confined
    if "patient" in wanted:
        person = await _known(work, wanted["patient"])
        is_empty = is_empty or person is None
    return Scope(owner, confined, person, is_empty)


async def groups_of(work: Work, names: Collection[str]) -> list[UUID]:
    """The groups with these ids, for a filter: unknown ones match nothing; `NotAllowed` for one out of reach."""
    found = await organizations.get_groups(work, list((await keys_of(work, list(names))).values()))
    if any(group.organization != organization(work) for group in found.values()):
        raise NotAllowed
    require_groups(work, list(found))
    return list(found)


async def _known(work: Work, name: str) -> PersonKey | None:
    try:
        return await person_of(work, name)
    except NotFound:
        return None


async def person_of(work: Work, name: str) -> PersonKey:
    """The patient with this id within the token's reach; `NotFound` for nobody, `NotAllowed` for anybody else."""
    person = PersonKey(await key_of(work, name))
    await require_people(work, [person])
    return person


async def people_of(work: Work, names: Sequence[str]) -> dict[str, PersonKey]:
    """The patients with these ids as far as there are any; `NotAllowed` when one of them is out of reach."""
    found = {name: PersonKey(key) for name, key in (await keys_of(work, names)).items()}
    await require_people(work, list(found.values()))
    return found


async def require_people(work: Work, people: Sequence[PersonKey]) -> None:
    """`NotAllowed` unless all of these are patients whom the token reaches; two statements for any number.

    An id that names something else than a person is not found.
    """
    reached = await patients.in_groups(work, organization(work), reach(work), people)
    missing = [person for person in people if person not in reached]
    if missing:
        known = await identity.names(work, missing, System.USER)
        raise NotFound if len(known) < len(missing) else NotAllowed
