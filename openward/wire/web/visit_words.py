"""What pages of staff call the states of a visit, and which visit an address names."""

from uuid import UUID

from openward.care import identity, visits
from openward.care.errors import NotFound
from openward.care.identity import Identifier, System
from openward.care.visits import Appointment, CallStatus, Status
from openward.care.work import Work
from openward.gateway.call import Call
from openward.wire.web.desk import Desk

STATUS_WORDS = {
    Status.SCHEDULED: "expected",
    Status.ARRIVED: "arrived",
    Status.INTAKE_READY: "ready for intake",
    Status.INTAKE: "in intake",
    Status.EXAM_READY: "ready for the exam",
    Status.EXAM: "in the exam",
    Status.DISCHARGE_READY: "ready for discharge",
    Status.DISCHARGE: "in discharge",
    Status.COMPLETED: "completed",
    Status.SIGNED: "signed off",
    Status.CANCELLED: "cancelled",
    Status.NO_SHOW: "did not show up",
}


def status_words(visit: Appointment) -> str:
    """Where a visit stands; its call may say it more exactly."""
    if visit.call and visit.call.status is CallStatus.LEFT:
        return "left without being seen"
    if visit.status is Status.COMPLETED and visit.call and visit.call.status is CallStatus.INCOMPLETE:
        return "incomplete"
    return STATUS_WORDS[visit.status]


async def visit_of_path(work: Work, call: Call, desk: Desk) -> Appointment:
    """The visit of the address, or `NotFound`, also for one of another practice."""
    try:
        name = Identifier(System.SOLO, str(UUID(call.path["appointment"])))
    except ValueError:
        raise NotFound("no such visit") from None
    key = await identity.find(work, name)
    if key is None:
        raise NotFound("no such visit")
    return await visits.get(work, desk.key, key)
