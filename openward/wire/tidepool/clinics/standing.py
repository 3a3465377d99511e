"""How a patient stands with a clinic: permissions that he gives or takes back, reviews by its clinicians."""

from openward.care import identity, patients
from openward.care.errors import Invalid
from openward.care.identity import System
from openward.care.patients import Permission, Review
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, empty, json_reply
from openward.wire.tidepool.clinics import callers
from openward.wire.tidepool.clinics.bodies import decoded
from openward.wire.tidepool.clinics.patient_json import encode_patient, encode_permissions, encode_reviews
from openward.wire.tidepool.clinics.patients import PermissionsBody, permissions_of

_REVOCABLE = {permission.value: permission for permission in patients.CUSTODIAL}


async def update_permissions(work: Work, call: Call) -> Reply:
    """PUT /v1/clinics/{clinicId}/patients/{patientId}/permissions: by the patient; nothing left means he is gone."""
    if not await callers.is_self(work, call, "patientId"):
        raise callers.refuse()
    key = await callers.clinic(work, call)
    wanted = permissions_of(await decoded(call, PermissionsBody))
    granted = await patients.set_permissions(work, key, await callers.person(work, call, "patientId"), wanted)
    return json_reply(encode_permissions(granted)) if granted else empty(204)


async def delete_permission(work: Work, call: Call) -> Reply:
    """DELETE .../permissions/{permission}: by the patient; custody by a service too."""
    word = call.path["permission"]
    may_as_service = work.actor.is_service and word == Permission.CUSTODIAN
    if not may_as_service and not await callers.is_self(work, call, "patientId"):
        raise callers.refuse()
    key = await callers.clinic(work, call)
    if word not in _REVOCABLE:
        raise Invalid("permission is custodian, view, upload or note")
    await patients.drop_permission(work, key, await callers.person(work, call, "patientId"), _REVOCABLE[word])
    return empty(204)


async def add_review(work: Work, call: Call) -> Reply:
    """PUT .../reviews: whatever the body holds is ignored, as clients send odd ones."""
    key = await callers.staff_clinic(work, call, or_service=False)
    return await _reviews(work, await patients.add_review(work, key, await callers.person(work, call, "patientId")))


async def delete_review(work: Work, call: Call) -> Reply:
    """DELETE .../reviews: takes the caller's own newest review back."""
    key = await callers.staff_clinic(work, call, or_service=False)
    return await _reviews(work, await patients.revert_review(work, key, await callers.person(work, call, "patientId")))


async def remind_to_upload(work: Work, call: Call) -> Reply:
    """POST .../upload_reminder: a mail to the patient."""
    key = await callers.staff_clinic(work, call, or_service=False)
    found = await patients.remind_to_upload(work, key, await callers.person(work, call, "patientId"))
    return json_reply(await encode_patient(work, found))


async def _reviews(work: Work, reviews: tuple[Review, ...]) -> Reply:
    users = await identity.names(work, [review.by for review in reviews], System.USER)
    return json_reply(encode_reviews(reviews, users))
