"""Consults that a call centre registers in one call."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from openward.care import consults, identity
from openward.care.consults import AlreadyAsked, Asked, LocationUnknown, RoomNotReady
from openward.care.errors import Invalid, Unprocessable
from openward.care.identity import System
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route, json_reply
from openward.wire.solo import schema
from openward.wire.solo.auth import practice
from openward.wire.solo.errors import bad
from openward.wire.solo.patients import in_words

_STROKE = "Acute Neurology - Physician Services"
_EEG = "EEG - Physician Services"
_TEMPLATES = {"Stroke": _STROKE, "EEG Stat": _EEG, "EEG Routine": _EEG}


async def register(work: Work, call: Call) -> Reply:
    """`POST /perfect-answer`: 201 with the ids of patient and visit."""
    body = await schema.read(call, "PerfectAnswerRequest")
    try:
        person, visit = await consults.register(work, practice(work), _asked(body))
    except LocationUnknown:
        raise bad("locationId", "Location not found.") from None
    except RoomNotReady:
        raise Unprocessable("Waiting room is not configured for perfect answer") from None
    except AlreadyAsked:
        raise Unprocessable("A visit has already been created for the patient within 24 hours") from None
    except Invalid as refused:
        if refused.code == "mrn-ambiguous":
            raise bad("mrn", "More than one patient matches.") from None
        raise in_words(refused) from None
    names = await identity.names(work, [person, visit.key], System.SOLO)
    return json_reply({"patientId": names[person], "encounterId": names[visit.key]}, 201)


def _asked(body: Mapping[str, Any]) -> Asked:
    return Asked(
        geolocation=UUID(body["locationId"]),
        mrn=body["mrn"].strip(),
        first_name=body["firstName"].strip(),
        last_name=body["lastName"].strip(),
        birth_date=date.fromisoformat(body["dob"]),
        reason=body["reason"],
        template=_TEMPLATES[body["reason"]],
        templates=(_STROKE, _EEG),
        answers={name: value for name, value in body.items() if isinstance(value, str) and value.strip()},
    )


ROUTES = [Route("POST", "/qapi/v1/perfect-answer", register, "solo.v1:perfectAnswer")]
