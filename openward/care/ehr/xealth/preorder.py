"""Before an order: is there anything to ask, and what was answered. Source of the rules: Tidepool, preorder forms."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from openward.care import accounts, organizations
from openward.care.ehr.clinic import find_clinic
from openward.care.ehr.match import Criterion, candidates
from openward.care.ehr.order import Order, Person, person_of
from openward.care.ehr.settings import Provider
from openward.care.ehr.xealth import store
from openward.care.ehr.xealth.model import PROVIDERS, Answers, Preorder, Problem
from openward.care.errors import Invalid, Unprocessable
from openward.care.organizations import Organization
from openward.care.patients import Enrolment
from openward.care.work import OrganizationKey, Work

_KEPT_FOR = timedelta(days=180)


async def ask(work: Work, order: Order) -> Preorder:
    """Whom the order would be for, and whether the organization knows somebody with this MRN.

    `NotFound` or `Conflict` for the organization, `Invalid` for missing particulars, `Unprocessable` for an MRN that
    several patients share.
    """
    organization, settings = await find_clinic(work, Provider.XEALTH, order.source or "")
    person, mrn = whom(order, settings.mrn_id_type)
    present = await only(work, organization.key, person, Criterion.MRN)
    tags = (await organizations.tags(work, [organization.key])).get(organization.key, [])
    return Preorder(
        organization=organization,
        settings=settings,
        person=person,
        mrn=mrn,
        email=order.email,
        present=present,
        tags=tuple(sorted(tags, key=lambda tag: tag.name)),
        today=work.now.astimezone(_zone(organization)).date(),
    )


def whom(order: Order, mrn_kind: str) -> tuple[Person, str]:
    """The person of an order and his MRN; `Invalid` when any of the particulars is missing."""
    person = person_of(order, mrn_kind)
    if person.mrn is None:
        raise Invalid("the patient has no MRN", code="mrn-missing")
    return person, person.mrn


async def only(work: Work, organization: OrganizationKey, person: Person, criterion: Criterion) -> Enrolment | None:
    """The one patient who fits, None for nobody, `Unprocessable` for several."""
    found = await candidates(work, organization, person, (criterion,))
    if len(found) > 1:
        raise Unprocessable("several patients match")
    return found[0] if found else None


def _zone(organization: Organization) -> ZoneInfo:
    name = organization.profile.timezone
    return ZoneInfo(name if name in available_timezones() else "UTC")


async def keep_answers(work: Work, preorder: Preorder, tracking: str, answers: Answers) -> list[Problem]:
    """Check what was entered and keep it for the order; what is wrong with it, and then nothing is kept.

    `Unprocessable` when the patient is known already. Whether a guardian is needed follows from the date of birth.
    """
    if preorder.present is not None:
        raise Unprocessable("the patient is known already")
    problems = []
    if preorder.is_child and not answers.first_name:
        problems.append(Problem.FIRST_NAME_MISSING)
    if preorder.is_child and not answers.last_name:
        problems.append(Problem.LAST_NAME_MISSING)
    email = None
    if answers.email:
        try:
            email = accounts.clean_email(answers.email)
        except Invalid:
            problems.append(Problem.EMAIL_INVALID)
    if email is not None and await accounts.by_email(work, email) is not None:
        problems.append(Problem.EMAIL_TAKEN)
    if not problems:
        wanted = tuple(name for name in PROVIDERS if name in answers.providers) if email else ()
        kept = replace(answers, email=email, providers=wanted)
        await store.put_answers(work, preorder.organization.key, tracking, kept)
    return problems


async def sweep_job(work: Work, _data: Mapping[str, Any]) -> None:
    """The job: forget answers whose order never came."""
    await store.forget_answers(work, work.now - _KEPT_FOR)
