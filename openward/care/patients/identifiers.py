"""Names that other systems give to a patient of an organization, and finding patients by them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from openward.care.patients import identifier_store
from openward.care.work import OrganizationKey, PersonKey, Work

MEDICAL_RECORD_NUMBER = "medical-record-number"
"""The system of the MRN, which the enrolment holds."""
Pair = tuple[str, str]
"""A system and a value."""


@dataclass(frozen=True, slots=True)
class NameElsewhere:
    """What another system calls a patient; `is_unique`: it calls nobody else so, in the whole installation."""

    system: str
    value: str
    label: str | None = None
    is_unique: bool = True

    @property
    def pair(self) -> Pair:
        """System and value."""
        return self.system, self.value


async def by_identifiers(
    work: Work, organization: OrganizationKey, groups: Collection[UUID] | None, pairs: Collection[Pair]
) -> dict[Pair, tuple[PersonKey, ...]]:
    """The patients, archived ones too, of an organization who have each of these names; one statement for all.

    `groups`: only those who are in one of them, None for all. Every pair is a key, also one that names nobody.
    """
    found: dict[Pair, list[PersonKey]] = {pair: [] for pair in pairs}
    if found:
        for pair, person in await identifier_store.holders(
            work, organization, MEDICAL_RECORD_NUMBER, list(found), None if groups is None else list(groups)
        ):
            found[pair].append(person)
    return {pair: tuple(people) for pair, people in found.items()}


async def identifiers_of(
    work: Work, organization: OrganizationKey, persons: Sequence[PersonKey]
) -> Mapping[PersonKey, tuple[NameElsewhere, ...]]:
    """The names of these patients in the order they were given, without MRNs; who has none is absent."""
    found: dict[PersonKey, list[NameElsewhere]] = {}
    for person, system, value, label, is_unique in await identifier_store.of(work, organization, persons):
        found.setdefault(person, []).append(NameElsewhere(system, value, label, is_unique))
    return {person: tuple(names) for person, names in found.items()}


async def lock_name(work: Work, pair: Pair) -> None:
    """Whoever looks somebody up by this name to make him if missing comes one after the other, until this work ends."""
    await identifier_store.lock(work, [], [pair])
