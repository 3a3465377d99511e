"""A person offers his data to an organization, which accepts and has him as a patient, or declines."""

from collections.abc import Collection
from dataclasses import replace

from openward.care import accounts, audit, notices, organizations
from openward.care.accounts import Confirmation, ConfirmationStatus, ConfirmationType
from openward.care.errors import Conflict, Invalid, NotAllowed, NotFound
from openward.care.organizations import Organization
from openward.care.patients import store
from openward.care.patients.access import may
from openward.care.patients.create import enrol
from openward.care.patients.model import CUSTODIAL, Enrolment, Joining, Permission
from openward.care.work import OrganizationKey, PersonKey, Work

_KIND = ConfirmationType.CARETEAM
_GRANTABLE = CUSTODIAL - {Permission.CUSTODIAN}
_UNWANTED = "patientClinicInvitation"
"""The notification that an organization may suppress, in the words of its settings."""
_MOST_MAILS = 100


async def offer(work: Work, person: PersonKey, share_code: str, permissions: Collection[str]) -> Confirmation:
    """Offer a person's data to the organization with this share code; its admins get a mail unless they want none.

    `NotFound` for an unknown code; `Conflict` for a patient of the organization and while an offer waits; `Invalid`
    when nothing is offered that an organization can be given.
    """
    offered = {Permission(name) for name in permissions if name in _GRANTABLE}
    if not offered:
        raise Invalid("permissions: at least one of view, upload and note is needed")
    place = await organizations.by_share_code(work, share_code)
    present = await store.get(work, place.key, person)
    if present is not None and present.is_active:
        raise Conflict("the user is a patient of the clinic already")
    made = await accounts.offer(work, person, place.key, [permission.value for permission in offered])
    await _mail(work, place, person)
    return made


async def resend_offer(work: Work, waiting: Confirmation) -> Confirmation:
    """Mail the admins again, and give a waiting offer its full time. Who may ask is for the caller to check."""
    if waiting.organization is None or waiting.creator is None:
        raise NotFound("invite not found")
    await _mail(work, await organizations.get(work, waiting.organization), waiting.creator)
    return await accounts.prolong_confirmation(work, waiting)


async def offers(work: Work, organization: OrganizationKey) -> list[Confirmation]:
    """What waits for an organization, newest first."""
    found = await accounts.confirmations(work, _KIND, organization=organization)
    for one in found:
        audit.note(work, "read", "invitations", one.creator, organization)
    return found


async def accept_offer(work: Work, organization: OrganizationKey, key: str, joining: Joining) -> Enrolment:
    """The person becomes a patient with what was offered; of one who is already, the present record is returned.

    `NotFound` for an unknown key; `NotAllowed` for an offer to others or one that was answered or has expired; further
    errors as for `enrol`.
    """
    found = await accounts.confirmation_status(work, key)
    if found is None:
        raise NotFound("invite not found")
    person = _answerable(work, found, organization)
    granted = frozenset(Permission(name) for name in found.context if name in _GRANTABLE)
    present = await store.get(work, organization, person, lock=True)
    if present is None or not present.is_active:
        try:
            present = await enrol(work, organization, person, replace(joining, permissions=granted))
        except Conflict:
            # Somebody else made him a patient between the two looks.
            present = await store.get(work, organization, person)
            if present is None:
                raise
    await accounts.close_confirmation(work, found, ConfirmationStatus.COMPLETED)
    audit.note(work, "read", "enrolment", person, organization)
    return present


async def end_offer(work: Work, organization: OrganizationKey | None, key: str) -> Confirmation:
    """Withdraw an offer (the person, his custodian, a service) or decline it (a member of the organization).

    `NotAllowed` for everybody else, and for an offer that is unknown, answered or to others: nothing is told apart.
    """
    found = await accounts.confirmation_status(work, key)
    if found is None or organization is None:
        raise NotAllowed("unauthorized", code="unauthorized")
    person = _answerable(work, found, organization)
    status = ConfirmationStatus.CANCELED
    if not work.actor.is_person(person) and await organizations.may_act(work, organization):
        status = ConfirmationStatus.DECLINED
    elif not await may(work, person, Permission.CUSTODIAN):
        raise NotAllowed("unauthorized", code="unauthorized")
    audit.note(work, "write", "invitations", person, organization)
    return await accounts.close_confirmation(work, found, status)


def _answerable(work: Work, found: Confirmation, organization: OrganizationKey) -> PersonKey:
    if found.type is not _KIND or found.organization != organization or not found.is_open(work.now):
        raise NotAllowed("the invite is not open for this clinic", code="unauthorized")
    if found.creator is None:
        raise NotAllowed("the invite has no sender", code="unauthorized")
    return found.creator


async def _mail(work: Work, place: Organization, person: PersonKey) -> None:
    if (place.suppressed or {}).get(_UNWANTED):
        return
    if not await accounts.may_mail(work, str(place.key), f"offer:{person}"):
        return  # who sends and withdraws all day long does not fill the mailboxes of a clinic
    profile = await accounts.document(work, person, "profile")
    name = profile.get("fullName")
    admins = await organizations.members(work, place.key, role=organizations.Role.ADMIN, limit=_MOST_MAILS)
    for admin in admins:
        if admin.person is not None and admin.email:
            await notices.send(
                work,
                "patient_offer",
                admin.email,
                person=person,
                organization=place.key,
                receiver=admin.person,
                name=name if isinstance(name, str) else "",
                clinic=place.profile.name,
                link=f"{work.tools.settings.public_url}/signin",
                days=7,
            )
