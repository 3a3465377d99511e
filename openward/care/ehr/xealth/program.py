"""How a patient's program stands, and the way to its report."""

from datetime import UTC, datetime

import structlog

from openward.care import accounts, audit, organizations, patients, summaries
from openward.care.accounts import RestrictedToken
from openward.care.ehr.clinic import find_clinic
from openward.care.ehr.match import Criterion
from openward.care.ehr.model import Subscription
from openward.care.ehr.order import Order
from openward.care.ehr.settings import Provider, settings_of
from openward.care.ehr.subscribe import subscription
from openward.care.ehr.xealth import store
from openward.care.ehr.xealth.model import Program, Report
from openward.care.ehr.xealth.preorder import only, whom
from openward.care.errors import NotAuthenticated, NotFound
from openward.care.patients import DataSource, Enrolment
from openward.care.summaries import Dates, Kind
from openward.care.work import Actor, OrganizationKey, PersonKey, Work

log = structlog.get_logger("openward.ehr")


async def program(work: Work, order: Order, viewer: str | None) -> Program | None:
    """The program of the patient whom `order` describes, as this user of the record system sees it; None for none.

    `Conflict` for several organizations, `Invalid` for missing particulars, `Unprocessable` for several patients.
    """
    try:
        place, settings = await find_clinic(work, Provider.XEALTH, order.source or "")
    except NotFound:
        return None
    person, _ = whom(order, settings.mrn_id_type)
    patient = await only(work, place.key, person, Criterion.MRN_AND_BIRTH_DATE)
    if patient is None:
        return None
    ordered = await subscription(work, place.key, patient.person, Provider.XEALTH)
    if ordered is None or not ordered.is_active or not ordered.matched:
        return None
    name = settings.procedure_codes.create_account_and_enable_reports or ""
    viewed = await store.last_view(work, place.key, patient.person, name, viewer) if viewer else None
    return await _standing(work, name, patient, ordered, viewed)


async def _standing(
    work: Work, name: str, patient: Enrolment, ordered: Subscription, viewed: datetime | None
) -> Program:
    dates = await _dates(work, patient.person)
    updated = max((one.last_updated for one in dates if one.last_updated), default=None)
    account = await accounts.get(work, patient.person)
    event_at = await store.event_time(work, ordered.matched[-1].key) or ordered.updated_at
    return Program(
        id=name,
        enrolled_on=event_at.astimezone(UTC).date(),
        last_updated=updated,
        last_viewed=viewed,
        has_claimed_account=not account.is_custodial,
        sources=_newest(patient),
        has_status_view=any(one.last_upload is not None for one in dates),
        has_alert=updated is not None and (viewed is None or updated > viewed),
    )


async def _dates(work: Work, person: PersonKey) -> list[Dates]:
    """How fresh the summaries of sensor and meter are."""
    audit.note(work, "read", "summary", person)
    found = [await summaries.current(work, person, kind) for kind in (Kind.CGM, Kind.BGM)]
    return [kept.summary.dates for kept in found if kept is not None]


def _newest(patient: Enrolment) -> tuple[DataSource, ...]:
    """The newest entry of each cloud; of two without a time the later one."""
    newest: dict[str, DataSource] = {}
    never = datetime.min.replace(tzinfo=UTC)
    for source in patient.data_sources or ():
        before = newest.get(source.provider)
        if before is None or (source.modified_at or never) >= (before.modified_at or never):
            newest[source.provider] = source
    return tuple(newest.values())


async def open_program(
    work: Work, order: Order, viewer: str | None, name: str
) -> tuple[OrganizationKey, PersonKey, RestrictedToken]:
    """A link of one hour to the patient's report, and a note that this user looked; `NotFound` for nobody."""
    place, settings = await find_clinic(work, Provider.XEALTH, order.source or "")
    person, _ = whom(order, settings.mrn_id_type)
    patient = await only(work, place.key, person, Criterion.MRN_AND_BIRTH_DATE)
    if patient is None:
        raise NotFound("patient not found")
    link = await accounts.create_link(work, patient.person)
    if viewer:
        try:
            async with work.tx.transaction():
                await store.put_view(work, place.key, patient.person, name, viewer, order.source or "")
        except Exception as error:  # Tidepool: the report opens even when nobody can say who looked.
            log.warning("view_not_recorded", error=type(error).__name__)
    return place.key, patient.person, link


async def report(work: Work, holder: Actor, organization: OrganizationKey, person: PersonKey) -> Report:
    """What the report page needs, for the holder of a link made for this patient.

    `NotFound` for the organization or the patient; `NotAuthenticated` for a link of somebody else, without an enabled
    link of the organization with Xealth and without active reports.
    """
    place = await organizations.get(work, organization)
    patient = await patients.get(work, organization, person)
    settings = settings_of(place)
    ordered = await subscription(work, organization, person, Provider.XEALTH)
    is_linked = settings is not None and settings.enabled and settings.provider is Provider.XEALTH
    if holder.person != person or not is_linked or ordered is None or not ordered.is_active:
        raise NotAuthenticated("the report is not shared")
    dates = await _dates(work, person)
    return Report(place, patient, max((one.last_data for one in dates if one.last_data), default=None))


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """Follow a merge of organizations: what was entered in forms, and who looked at which program."""
    await store.move(work, source, target)
