"""Matching an order that Redox delivered with a clinic and its patients."""

from typing import Annotated, Any, Literal

import msgspec

from openward.care import ehr
from openward.care.ehr import Criterion
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, json_reply
from openward.wire.tidepool.clinics import callers
from openward.wire.tidepool.clinics.bodies import decoded
from openward.wire.tidepool.clinics.clinic import encode_clinics
from openward.wire.tidepool.clinics.patient_json import Hex24, encode_patients

_CRITERIA = {
    "MRN": Criterion.MRN,
    "MRN_DOB": Criterion.MRN_AND_BIRTH_DATE,
    "DOB_FULLNAME": Criterion.BIRTH_DATE_AND_NAME,
}
_ACTIONS = {"ENABLE_REPORTS": True, "DISABLE_REPORTS": False}


class MessageRefBody(msgspec.Struct):
    """The order, by the id that it is kept by."""

    dataModel: Literal["Order"]
    eventType: Literal["New"]
    documentId: Hex24


class PatientsBody(msgspec.Struct):
    """How patients are looked for, and what is done when exactly one is found."""

    criteria: Annotated[tuple[Literal["MRN", "MRN_DOB", "DOB_FULLNAME"], ...], msgspec.Meta(min_length=1)]
    onUniqueMatch: Literal["ENABLE_REPORTS", "DISABLE_REPORTS"] | None = None


class MatchBody(msgspec.Struct):
    """The order and, if patients are looked for, how."""

    messageRef: MessageRefBody
    patients: PatientsBody | None = None


async def match(work: Work, call: Call) -> Reply:
    """POST /v1/redox/match."""
    callers.require_service(work)
    body = await decoded(call, MatchBody)
    wanted = body.patients
    found = await ehr.match_order(
        work,
        body.messageRef.documentId,
        None if wanted is None else [_CRITERIA[name] for name in wanted.criteria],
        should_be_active=None if wanted is None or wanted.onUniqueMatch is None else _ACTIONS[wanted.onUniqueMatch],
    )
    clinic = found.organization
    answer: dict[str, Any] = {
        "clinic": (await encode_clinics(work, [clinic]))[clinic.key],
        "settings": ehr.document_of(found.settings),
    }
    if found.patients:
        answer["patients"] = await encode_patients(work, found.patients)
    return json_reply(answer)
