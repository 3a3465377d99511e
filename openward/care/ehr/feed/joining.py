"""Merges of a feed: the numbers of one patient lead to another, whose record takes in what there was of the first."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from openward.care import connections, identity, organizations, patients
from openward.care.ehr.feed import store
from openward.care.ehr.feed.model import Feed, NumberedBy, Outcome, PatientSaid, Refused, State
from openward.care.ehr.feed.people import (
    Numbers,
    bring_up_to_date,
    find_patient,
    make_patient,
    name_patient,
    numbers_of,
    require_numbers,
)
from openward.care.errors import Conflict
from openward.care.identity import Identifier, Kind, System
from openward.care.patients import CannotJoin
from openward.care.work import PersonKey, Work


async def take_join(
    work: Work, feed: Feed, said: PatientSaid, prior: Sequence[NumberedBy], said_at: datetime
) -> Outcome:
    """The patient of the prior numbers is the one of these; once that is so, nothing changes any more.

    Where only one of the two is known, the other's numbers become his; where none is, the patient is made.
    """
    await organizations.lock(work, feed.organization)
    numbers, former = require_numbers(feed, said.identifiers), numbers_of(feed, prior)
    if former.hsid is None:
        raise Refused("prior-missing")
    survivor = await find_patient(work, feed, numbers, said)
    source = await find_patient(work, feed, former)
    if survivor is None:
        survivor = source if source is not None else await make_patient(work, feed, numbers, said)
    elif source is not None and source != survivor:
        survivor = await _join(work, feed, source, survivor)
    if await store.is_newer(work, feed.organization, survivor, said_at):
        await bring_up_to_date(work, feed, survivor, numbers, said)
    await name_patient(work, feed.organization, survivor, numbers.hsid)
    await _name_former(work, feed, survivor, former)
    return Outcome(State.DONE, person=survivor)


async def _join(work: Work, feed: Feed, source: PersonKey, survivor: PersonKey) -> PersonKey:
    if await connections.is_in_both(work, source, survivor):
        raise Refused("both-connected")
    try:
        return await patients.join_patients(work, feed.organization, source, survivor)
    except CannotJoin as error:
        raise Refused(error.code) from None


async def _name_former(work: Work, feed: Feed, person: PersonKey, former: Numbers) -> None:
    """The prior numbers go on answering."""
    await name_patient(work, feed.organization, person, former.hsid)
    if former.mrn is not None:
        with suppress(Conflict):  # his already
            await identity.add(work, Identifier(System.MRN, former.mrn, feed.organization), person, Kind.PERSON)
