"""Carrying an order event out: the patient made if he is new, the reports switched on or off. Each event once."""

from openward.care import organizations, patients
from openward.care.ehr import store as messages
from openward.care.ehr.clinic import find_clinic
from openward.care.ehr.match import Criterion
from openward.care.ehr.model import ORDER, Outcome, Status
from openward.care.ehr.order import Order, Person
from openward.care.ehr.receive import keep_message
from openward.care.ehr.settings import EHRSettings, Provider, settings_of
from openward.care.ehr.subscribe import subscribe
from openward.care.ehr.xealth import store
from openward.care.ehr.xealth.model import Answers, Context, Event
from openward.care.ehr.xealth.preorder import only, whom
from openward.care.errors import CareError, Invalid, NotFound
from openward.care.organizations import Organization
from openward.care.patients import Details
from openward.care.work import PersonKey, Work

_TYPES = {Context.NEW: "New", Context.CANCEL: "Cancel"}


async def is_ours(work: Work, deployment: str, program: str) -> bool:
    """Whether an organization has this deployment and means this program; `Conflict` when several have it."""
    try:
        _, settings = await find_clinic(work, Provider.XEALTH, deployment)
    except NotFound:
        return False
    return _means(settings, program)


def _means(settings: EHRSettings, program: str) -> bool:
    return bool(program) and settings.procedure_codes.create_account_and_enable_reports == program


async def carry_out(work: Work, event: Event, order: Order, content: bytes) -> None:
    """Keep the order as Xealth gave it and do what it says.

    The organization stays locked meanwhile, so that deliveries side by side make one account. When it cannot be done
    the order stays kept and the error is raised all the same, hence whoever calls keeps what was written: `Invalid`
    (particulars or form data missing), `NotFound` (unknown form data), `Conflict` (the address was taken since),
    `Unprocessable` (several patients), `TierRequired`.
    """
    try:
        found, _ = await find_clinic(work, Provider.XEALTH, event.deployment)
    except NotFound:
        return  # The link was switched off while the order was being read.
    place = await organizations.lock(work, found.key)
    settings = settings_of(place)
    if settings is None or not settings.enabled or not _means(settings, order.procedure_code or ""):
        return
    ref = await keep_message(work, Provider.XEALTH, data_model=ORDER, event_type=_TYPES[event.context], content=content)
    noted = len(work.recorded), len(work.audited), len(work.tasks)
    try:
        async with work.tx.transaction():
            if not await store.add_event(work, event, ref.key):
                outcome = Outcome(Status.REPEATED)
            else:
                person = await _patient(work, place, settings, event, order)
                is_active = event.context is Context.NEW and not await store.is_cancelled(work, event)
                await subscribe(work, place.key, person, Provider.XEALTH, ref.key, is_active=is_active)
                outcome = Outcome(Status.DONE, person=person)
    except CareError as error:
        # What was noted on the way did not happen.
        del work.recorded[noted[0] :], work.audited[noted[1] :], work.tasks[noted[2] :]
        await messages.settle(work, ref.key, Outcome(Status.FAILED, error.code), place.key)
        raise
    await messages.settle(work, ref.key, outcome, place.key)


async def _patient(work: Work, place: Organization, settings: EHRSettings, event: Event, order: Order) -> PersonKey:
    person, _ = whom(order, settings.mrn_id_type)
    known = await only(work, place.key, person, Criterion.MRN_AND_BIRTH_DATE)
    if known is not None:
        return known.person
    if not event.tracking:
        raise Invalid("the order has no form data", code="preorder-missing")
    answers = await store.answers(work, place.key, event.tracking)
    if answers is None:
        raise NotFound("the form data of the order are unknown", code="preorder-unknown")
    return await _create(work, place, person, answers)


async def _create(work: Work, place: Organization, person: Person, answers: Answers) -> PersonKey:
    """The patient as the order and its form say: tags that still exist, clouds to connect, each asked for by mail."""
    known = {tag.key for tag in (await organizations.tags(work, [place.key])).get(place.key, [])}
    details = Details(
        full_name=person.full_name,
        birth_date=person.birth_date,
        email=answers.email,
        mrn=person.mrn,
        tags=tuple(tag for tag in answers.tags if tag in known),
    )
    made = await patients.create_custodial(work, place.key, details)
    for provider in answers.providers:
        await patients.request_connection(work, place.key, made.person, provider)
    return made.person
