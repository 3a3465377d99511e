"""Patients as orders make and change them: the account, the tags, the address."""

from dataclasses import dataclass
from uuid import UUID

from openward.care import accounts, organizations, patients
from openward.care.accounts import clean_email
from openward.care.ehr.order import Order, Person, address_of, tag_names
from openward.care.ehr.settings import EHRSettings
from openward.care.errors import CareError, Conflict, Invalid, Unprocessable
from openward.care.organizations import Organization
from openward.care.patients import Details, Enrolment
from openward.care.work import Work


class Refused(CareError):
    """The order cannot be carried out; `code` says why, without health data."""

    def __init__(self, code: str) -> None:
        super().__init__(code, code=code)


@dataclass(frozen=True, slots=True)
class Place:
    """The organization (locked) and its settings."""

    organization: Organization
    settings: EHRSettings


async def create(work: Work, place: Place, order: Order, person: Person) -> Enrolment:
    """A patient with an account that the organization looks after, as the order says; `Refused` when it cannot be."""
    rules = place.organization.mrn
    if rules is not None and rules.required and person.mrn is None:
        raise Refused("mrn-required")
    email = address_of(order, person.birth_date, work.now.date())
    if email is not None:
        email = _clean(email)
        if email is None:
            raise Refused("email-invalid")
        if await accounts.by_email(work, email) is not None:
            raise Refused("email-taken")
    details = Details(
        full_name=person.full_name,
        birth_date=person.birth_date,
        email=email,
        mrn=person.mrn,
        tags=await _tags(work, place, order),
    )
    return await patients.create_custodial(work, place.organization.key, details)


async def refresh(work: Work, place: Place, order: Order, before: Enrolment) -> None:
    """Give a known patient the tags of the order and, while nobody has claimed the account, an address if he has none.

    An address that is not one, or belongs to somebody else, is left alone.
    """
    tags = await _tags(work, place, order)
    email = await _free_address(work, order, before)
    if email is None and (tags is None or set(tags) == set(before.tags)):
        return
    try:
        async with work.tx.transaction():
            await patients.update(work, place.organization.key, before.person, _details(before, tags, email))
    except Conflict:  # Somebody took the address just now.
        await patients.update(work, place.organization.key, before.person, _details(before, tags, None))


def _details(before: Enrolment, tags: tuple[UUID, ...] | None, email: str | None) -> Details:
    return Details(
        full_name=before.full_name,
        birth_date=before.birth_date,
        email=email or before.email,
        mrn=before.mrn,
        target_devices=before.target_devices,
        tags=tags,
    )


async def _free_address(work: Work, order: Order, before: Enrolment) -> str | None:
    if not before.is_custodial or before.email or before.birth_date is None:
        return None
    email = _clean(address_of(order, before.birth_date, work.now.date()) or "")
    return email if email is not None and await accounts.by_email(work, email) is None else None


def _clean(email: str) -> str | None:
    try:
        return clean_email(email)
    except Invalid:
        return None


async def _tags(work: Work, place: Place, order: Order) -> tuple[UUID, ...] | None:
    """The tags that the order gives, made where missing; None when the organization takes none from orders.

    Names that tags may not have are skipped, and so is what exceeds the number of tags.
    """
    names = tag_names(order, place.settings)
    if names is None:
        return None
    key = place.organization.key
    known = {_folded(tag.name): tag.key for tag in (await organizations.tags(work, [key])).get(key, [])}
    for name in names:
        if _folded(name) in known:
            continue
        if len(known) >= organizations.MOST_LABELS:
            break  # an order may name any number, and the organization is locked meanwhile
        try:
            known[_folded(name)] = (await organizations.create_tag(work, key, name)).key
        except (Invalid, Unprocessable):
            continue
    return tuple(dict.fromkeys(known[_folded(name)] for name in names if _folded(name) in known))


def _folded(name: str) -> str:
    """What two tags of an organization may not share."""
    return "".join(name.split()).lower()
