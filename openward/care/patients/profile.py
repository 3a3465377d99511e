"""The account's own profile: what it says about a patient, and what an organization writes into it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from openward.care import accounts
from openward.care.patients import coached_store
from openward.care.patients.model import Enrolment
from openward.care.work import ActorKind, PersonKey, Work


@dataclass(frozen=True, slots=True)
class Said:
    """What a profile says about its owner as a patient."""

    full_name: str
    birth_date: date | None
    mrn: str | None
    target_devices: tuple[str, ...] | None


async def said_in_profile(work: Work, person: PersonKey) -> Said:
    """The patient's name first, else that of the account; whatever cannot be read is unknown."""
    profile = await accounts.document(work, person, "profile")
    patient = profile.get("patient")
    patient = patient if isinstance(patient, Mapping) else {}
    devices = patient.get("targetDevices")
    return Said(
        full_name=_text(patient.get("fullName")) or _text(profile.get("fullName")) or "",
        birth_date=_date(patient.get("birthday")),
        mrn=_text(patient.get("mrn")),
        target_devices=tuple(str(device) for device in devices) if isinstance(devices, list) else None,
    )


async def put_profile(work: Work, enrolment: Enrolment, *, is_new: bool = False) -> None:
    """Write what the organization says into the profile of an account that it looks after, or made just now."""
    profile = {} if is_new else dict(await accounts.document(work, enrolment.person, "profile"))
    await accounts.put_document(work, enrolment.person, "profile", profile_of(enrolment, profile), is_new=is_new)


def profile_of(enrolment: Enrolment, present: Mapping[str, Any]) -> dict[str, Any]:
    """A profile with what the organization says in place of what it said before."""
    profile = dict(present)
    patient = profile.get("patient")
    said: dict[str, Any] = dict(patient) if isinstance(patient, Mapping) else {}
    said |= {
        "birthday": enrolment.birth_date.isoformat() if enrolment.birth_date else None,
        "mrn": enrolment.mrn,
        "targetDevices": list(enrolment.target_devices) if enrolment.target_devices is not None else None,
    }
    if "fullName" in said:
        said["fullName"] = enrolment.full_name
    profile["fullName"] = enrolment.full_name
    profile["patient"] = {name: value for name, value in said.items() if value is not None}
    return profile


async def invite_to_claim(work: Work, enrolment: Enrolment, organization_name: str) -> None:
    """Ask the owner of the address to claim the account; without an address an open invitation ends."""
    actor = work.actor
    if enrolment.email:
        await coached_store.note_invitation(work, enrolment.organization, enrolment.person)
    await accounts.request_signup(
        work,
        enrolment.person,
        organization=enrolment.organization,
        invited_by=actor.person if actor.kind is ActorKind.PERSON else None,
        organization_name=organization_name,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _date(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
