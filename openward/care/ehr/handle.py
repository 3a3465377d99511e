"""Carrying orders out: reports switched on or off, accounts made; each order once, in the order of arrival.

Whoever sent an order is told what became of it, and an order that switches reports on is followed by the first one.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from openward.care import organizations, patients
from openward.care.ehr import store
from openward.care.ehr.clinic import find_clinic
from openward.care.ehr.deliver import answer_order
from openward.care.ehr.enrol import Place, Refused, create, refresh
from openward.care.ehr.match import Criterion, candidates, hold_only
from openward.care.ehr.model import Outcome, Status
from openward.care.ehr.order import Person, person_of
from openward.care.ehr.outgoing import Verdict
from openward.care.ehr.push import order_push
from openward.care.ehr.receive import handling
from openward.care.ehr.settings import EHRSettings, settings_of
from openward.care.ehr.store import Kept
from openward.care.ehr.subscribe import subscribe, subscription
from openward.care.errors import CareError, Conflict, Invalid, NotFound, TierRequired
from openward.care.patients import Enrolment, EnrolmentChanged, ManyEnrolled
from openward.care.work import PersonKey, Work

log = structlog.get_logger("openward.ehr")

_BATCH = 100
_LOOK_AGAIN = timedelta(minutes=1)
_KNOWN = (Criterion.MRN_AND_BIRTH_DATE,)
_ALIKE = (Criterion.MRN, Criterion.BIRTH_DATE_AND_NAME)
_ABOUT_MATCHING = frozenset(("ambiguous", "birth-date-missing", "birth-date-unreadable", "name-missing", "superseded"))


@dataclass(frozen=True, slots=True)
class _Done:
    """Whom an order was carried out for, whether an account was made, and whether a report is to follow."""

    person: PersonKey
    is_account: bool = False
    has_push: bool = False


async def handle_job(work: Work, data: Mapping[str, Any]) -> None:
    """Handle an order and whatever its sender sent before it and still waits; a second run finds nothing to do.

    The organization stays locked meanwhile, so that orders delivered side by side are carried out one by one.
    """
    last = await store.open_order(work, UUID(data["message"]))
    if last is None:
        return
    place = await _locked_place(work, last)
    if isinstance(place, Outcome):
        await store.settle(work, last.ref.key, place, None)
        return
    batch = await store.open_until(work, last, _BATCH)
    for kept in batch:
        try:
            async with all_or_nothing(work):
                await _settle(work, place, kept)
        except Exception as error:
            if kept.ref.key == last.ref.key:
                raise
            # It has a job of its own, which tries again; those behind it need not wait.
            log.warning("order_failed", error=type(error).__name__)
    if batch and batch[-1].ref.key != last.ref.key:
        work.tasks.append(handling(last.ref.key))


async def _locked_place(work: Work, kept: Kept) -> Place | Outcome:
    """The organization that the order means, locked; or why there is none."""
    if not kept.order.source:
        return Outcome(Status.IGNORED, "source-missing")
    try:
        found, _ = await find_clinic(work, kept.provider, kept.order.source)
        organization = await organizations.lock(work, found.key)
    except NotFound:
        return Outcome(Status.IGNORED, "clinic-unknown")
    except Conflict:
        return Outcome(Status.IGNORED, "clinic-ambiguous")
    settings = settings_of(organization)
    if settings is None or not settings.enabled or settings.source_id != kept.order.source:
        return Outcome(Status.IGNORED, "clinic-unknown")
    return Place(organization, settings)


async def _settle(work: Work, place: Place, kept: Kept) -> None:
    outcome, done = await _outcome(work, place, kept)
    if outcome.unmatched_mrn is not None and kept.unmatched_mrn is None:
        # A patient who is being made right now is not seen yet, and does not see the order.
        work.tasks.append(handling(kept.ref.key, work.now + _LOOK_AGAIN))
    if outcome.unmatched_mrn is None or kept.unmatched_mrn is None:
        await store.settle(work, kept.ref.key, outcome, place.organization.key)
        await _answer(work, place, kept, outcome, done)


async def _outcome(work: Work, place: Place, kept: Kept) -> tuple[Outcome, _Done | None]:
    action = _ACTIONS.get(_wish(kept.order.procedure_code, place.settings))
    if action is None:
        return Outcome(Status.IGNORED, "procedure-unknown"), None
    if await store.is_repeated(work, kept):
        return Outcome(Status.REPEATED), None
    try:
        async with all_or_nothing(work):
            done = await action(work, place, kept)
            return Outcome(Status.DONE, person=done.person), done
    except CareError as error:
        return _failed(error, place, kept), None


async def _answer(work: Work, place: Place, kept: Kept, outcome: Outcome, done: _Done | None) -> None:
    """Tell the sender, if the organization says where; the report of an order follows its result."""
    if outcome.status not in (Status.DONE, Status.FAILED) or place.settings.destination_ids is None:
        return
    is_account = _is_about_account(place, kept, outcome) if done is None else done.is_account
    verdict = Verdict(is_account, outcome.status is Status.DONE, outcome.reason)
    await answer_order(work, kept.ref, place.organization.key, outcome.person, verdict)
    if done is not None and done.has_push:
        await order_push(work, place.organization.key, done.person, kept.ref)


async def settle_for(work: Work, place: Place, kept: Kept, person: PersonKey) -> bool:
    """Carry a failed order out for a patient whom somebody named; False for one that does not switch reports."""
    wish = _wish(kept.order.procedure_code, place.settings)
    found = await patients.peek(work, place.organization.key, person)
    if wish not in ("enable", "disable", "create-and-enable") or found is None or not found.is_active:
        return False
    if wish == "disable":
        await _switch(work, place, kept, found, is_active=False)
        done = _Done(person)
    else:
        done = await _enable_for(work, place, kept, found)
    outcome = Outcome(Status.DONE, person=person)
    await store.settle(work, kept.ref.key, outcome, place.organization.key)
    await _answer(work, place, kept, outcome, done)
    return True


def _is_about_account(place: Place, kept: Kept, outcome: Outcome) -> bool:
    """Whether an order failed because no account could be made, and not before it came to that."""
    wish = _wish(kept.order.procedure_code, place.settings)
    return wish == "create" or (wish == "create-and-enable" and outcome.reason not in _ABOUT_MATCHING)


@asynccontextmanager
async def all_or_nothing(work: Work) -> AsyncIterator[None]:
    """A part of the work that leaves nothing behind when it fails, neither rows nor what was noted on the way."""
    recorded, audited, tasks = len(work.recorded), len(work.audited), len(work.tasks)
    try:
        async with work.tx.transaction():
            yield
    except BaseException:
        del work.recorded[recorded:], work.audited[audited:], work.tasks[tasks:]
        raise


def _wish(code: str | None, settings: EHRSettings) -> str:
    """What the organization means by this procedure code; "" for nothing."""
    codes = settings.procedure_codes
    named = {
        codes.create_account_and_enable_reports: "create-and-enable",
        codes.create_account: "create",
        codes.disable_summary_reports: "disable",
        codes.enable_summary_reports: "enable",
    }
    return named.get(code, "") if code else ""


def _failed(error: CareError, place: Place, kept: Kept) -> Outcome:
    if isinstance(error, TierRequired):
        return Outcome(Status.FAILED, "patient-limit")
    if error.code == Invalid.code:
        return Outcome(Status.FAILED, "details-refused")
    mrn = None
    if error.code == "unmatched":
        mrn = person_of(kept.order, place.settings.mrn_id_type).mrn
    return Outcome(Status.FAILED, error.code, unmatched_mrn=mrn)


async def _enable(work: Work, place: Place, kept: Kept) -> _Done:
    return await _enable_for(work, place, kept, await _only(work, place, kept))


async def _disable(work: Work, place: Place, kept: Kept) -> _Done:
    found = await _only(work, place, kept)
    await _switch(work, place, kept, found, is_active=False)
    return _Done(found.person)


async def _create(work: Work, place: Place, kept: Kept) -> _Done:
    return _Done((await _create_for(work, place, kept)).person, is_account=True)


async def _create_and_enable(work: Work, place: Place, kept: Kept) -> _Done:
    found = await _known(work, place, person_of(kept.order, place.settings.mrn_id_type))
    if found is not None:
        return await _enable_for(work, place, kept, found)
    made = await _create_for(work, place, kept)
    await _switch(work, place, kept, made, is_active=True)
    return _Done(made.person, is_account=True, has_push=True)


_ACTIONS = {"enable": _enable, "disable": _disable, "create": _create, "create-and-enable": _create_and_enable}


async def _only(work: Work, place: Place, kept: Kept) -> Enrolment:
    """The patient whom the order is about; `Refused` when there is none, or several."""
    person = person_of(kept.order, place.settings.mrn_id_type)
    found = await _known(work, place, person)
    if found is None:
        raise Refused("unmatched" if person.mrn else "mrn-missing")
    return found


async def _known(work: Work, place: Place, person: Person) -> Enrolment | None:
    """The one patient with this MRN and date of birth, locked; `Refused` when there are several."""
    found = await hold_only(work, place.organization.key, person, _KNOWN)
    if len(found) > 1:
        raise Refused("ambiguous")
    return found[0] if found else None


async def _create_for(work: Work, place: Place, kept: Kept) -> Enrolment:
    person = person_of(kept.order, place.settings.mrn_id_type)
    if await candidates(work, place.organization.key, person, _ALIKE):
        raise Refused("patient-exists")
    return await create(work, place, kept.order, person)


async def _enable_for(work: Work, place: Place, kept: Kept, found: Enrolment) -> _Done:
    if await _switch(work, place, kept, found, is_active=True):
        await refresh(work, place, kept.order, found)
    return _Done(found.person, has_push=True)


async def _switch(work: Work, place: Place, kept: Kept, found: Enrolment, *, is_active: bool) -> bool:
    """An order that is carried out late must not undo one that came after it; False: that one did the same already."""
    key = place.organization.key
    if await store.is_superseded(work, kept, key, found.person):
        stands = await subscription(work, key, found.person, kept.provider)
        if stands is None or stands.is_active is not is_active:
            raise Refused("superseded")
        return False
    await subscribe(work, key, found.person, kept.provider, kept.ref.key, is_active=is_active)
    return True


async def follow_many(work: Work, event: ManyEnrolled) -> None:
    """The same for many new patients."""
    if not await store.unmatched(work, event.organization, None):
        return
    mrns = [enrolment.mrn for enrolment in event.enrolments if enrolment.mrn is not None]
    work.tasks.extend(handling(message) for message in await store.unmatched_any(work, event.organization, mrns))


async def follow_enrolment(work: Work, event: EnrolmentChanged) -> None:
    """Orders that came before their patient are looked at again once he is there."""
    if not await store.unmatched(work, event.organization, None):
        return
    enrolment = await patients.peek(work, event.organization, event.person)
    if enrolment is not None and enrolment.is_active and enrolment.mrn is not None:
        waiting = await store.unmatched(work, event.organization, enrolment.mrn)
        work.tasks.extend(handling(message) for message in waiting)
