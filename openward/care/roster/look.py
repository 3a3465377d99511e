"""Asking the list, and reading the summaries that it shows."""

import zlib
from collections.abc import Sequence
from uuid import UUID

from openward.care import patients
from openward.care.patients import Enrolment
from openward.care.roster import label_store, list_store, store, word_store
from openward.care.roster.model import Found, Query
from openward.care.summaries import Kind
from openward.care.work import OrganizationKey, PersonKey, Work


async def find(work: Work, organization: OrganizationKey, query: Query) -> Found:
    """The people that fit, in order, with exact counts; nothing of their records is read yet."""
    has_fresh = bool(query.search) and await word_store.has_fresh(work, organization)
    return await list_store.find(work, organization, query, has_fresh=has_fresh)


async def patients_of(work: Work, organization: OrganizationKey, query: Query) -> tuple[list[Enrolment], Found]:
    """The enrolments on the page that is asked for, each look noted, and the counts."""
    found = await find(work, organization, query)
    by_person = await patients.get_many(work, organization, found.people)
    return [by_person[person] for person in found.people if person in by_person], found


async def summaries(work: Work, people: Sequence[PersonKey]) -> dict[PersonKey, dict[Kind, bytes]]:
    """The summaries of these people as JSON text, ready to be put into an answer."""
    shown: dict[PersonKey, dict[Kind, bytes]] = {}
    if people:
        for person, kind, document in await store.summaries(work, people):
            shown.setdefault(person, {})[kind] = zlib.decompress(document)
    return shown


async def label_counts(work: Work, organizations: Sequence[OrganizationKey]) -> dict[UUID, int]:
    """How many listed patients have each tag and each site of these organizations."""
    return await label_store.counts(work, organizations) if organizations else {}
