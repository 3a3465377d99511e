"""Confirmations as the confirmation service writes them."""

from collections.abc import Sequence
from typing import Any

from openward.care import accounts, identity, organizations
from openward.care.accounts import Confirmation, ConfirmationType
from openward.care.identity import System
from openward.care.work import Work
from openward.wire.tidepool.accounts_json import timestamp

# Whoever shows the key of one of these proves that the mail reached him, so only services are told the key here.
_SECRET = {ConfirmationType.SIGNUP, ConfirmationType.RESET}

# Services invite in the name of a clinic; there is no person to show.
_NOBODY: dict[str, Any] = {"userid": "", "profile": {"fullName": "", "patient": {}}}


async def encode_confirmations(
    work: Work, found: Sequence[Confirmation], *, has_patient: bool = False
) -> list[dict[str, Any]]:
    """Many at once. The creator's profile says his name, and with `has_patient` what he entered as a patient."""
    creators = [one.creator for one in found if one.creator is not None]
    names = await identity.names(work, creators, System.USER)
    profiles = await accounts.documents(work, creators, "profile")
    places = [one.organization for one in found if one.organization is not None]
    clinics = await identity.names(work, places, System.CLINIC)
    hosts = await organizations.get_many(
        work, [one.organization for one in found if one.organization and one.type is ConfirmationType.CLINICIAN]
    )
    bodies = []
    for one in found:
        is_secret = one.type in _SECRET and not work.actor.is_service
        body: dict[str, Any] = {
            "key": one.handle if is_secret else accounts.confirmation_key(work, one),
            "type": one.type,
            "status": one.status,
            "email": one.email,
            "creatorId": names.get(one.creator, "") if one.creator else "",
            "created": timestamp(one.created_at),
            "modified": timestamp(one.modified_at),
            "context": one.context,
        }
        if one.creator is not None and one.creator in names:
            profile = profiles.get(one.creator, {})
            body["creator"] = {"userid": names[one.creator], "profile": _creator(profile, has_patient)}
        if one.organization is not None and one.organization in clinics:
            body["clinicId"] = clinics[one.organization]
            if one.organization in hosts:
                body["creator"] = body.get("creator", _NOBODY) | {
                    "clinicId": clinics[one.organization],
                    "clinicName": hosts[one.organization].profile.name,
                }
        if one.expires_at is not None:
            body["expiresAt"] = timestamp(one.expires_at)
        bodies.append(body)
    return bodies


def _creator(profile: dict[str, Any], has_patient: bool) -> dict[str, Any]:
    name, patient = profile.get("fullName"), profile.get("patient")
    return {
        "fullName": name if isinstance(name, str) else "",
        "patient": patient if has_patient and isinstance(patient, dict) else {},
    }


async def encode_confirmation(work: Work, one: Confirmation) -> dict[str, Any]:
    """A single confirmation."""
    return (await encode_confirmations(work, [one]))[0]
