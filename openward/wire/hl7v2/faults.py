"""Why a message is not carried out, as an acknowledgement says it: a code of table 0357, a place, a sentence."""

from dataclasses import dataclass
from typing import Final

REJECTED: Final = "R"
FAULTY: Final = "E"


@dataclass(frozen=True, slots=True)
class Said:
    """manner: rejected (the message cannot be taken) or faulty (what it says cannot be done).

    code: of table 0357; place: segment, its number, field, component (as far as it goes).
    """

    manner: str
    code: int
    place: tuple[str, ...]
    text: str


TABLE_0357: Final = {
    100: "Segment sequence error",
    101: "Required field missing",
    102: "Data type error",
    103: "Table value not found",
    200: "Unsupported message type",
    201: "Unsupported event code",
    202: "Unsupported processing id",
    203: "Unsupported version id",
    204: "Unknown key identifier",
    205: "Duplicate key identifier",
    206: "Application record locked",
    207: "Application internal error",
}


def _rejected(code: int, place: str, text: str) -> Said:
    return Said(REJECTED, code, tuple(place.split()), text)


def _faulty(code: int, place: str, text: str) -> Said:
    return Said(FAULTY, code, tuple(place.split()), text)


FAULTS: Final = {
    "not-a-message": _rejected(100, "MSH 1", "This is not an HL7 version 2 message."),
    "batch": _rejected(200, "MSH 1", "Batches and files are not taken; send each message by itself."),
    "too-large": _rejected(207, "MSH 1", "The message is larger than is taken here."),
    "sender-unknown": _rejected(204, "MSH 1 3", "This sender is not known here, or may not send from its address."),
    "type-unsupported": _rejected(200, "MSH 1 9", "Messages of this type are not taken."),
    "event-unsupported": _rejected(201, "MSH 1 9", "This event is not taken."),
    "processing-unsupported": _rejected(202, "MSH 1 11", "Messages for this kind of processing are not taken."),
    "version-unsupported": _rejected(203, "MSH 1 12", "This version is not taken; 2.1 to 2.8 are."),
    "unavailable": _rejected(207, "MSH 1", "The system cannot take messages just now; send it again."),
    "internal": _faulty(207, "MSH 1", "The message is kept, but could not be carried out."),
    "control-id-missing": _faulty(101, "MSH 1 10", "The message has no control id, or one that is too long."),
    "control-id-reused": _faulty(205, "MSH 1 10", "Another message had this control id."),
    "charset-unknown": _faulty(103, "MSH 1 18", "This character set is not read here."),
    "charset-wrong": _faulty(102, "MSH 1 18", "The message is not written in its character set."),
    "too-much": _faulty(102, "MSH 1", "The segments about patient and visit hold more than can be meant."),
    "unreadable": _faulty(102, "MSH 1", "The message cannot be taken apart."),
    "identifier-missing": _faulty(101, "PID 1 3", "No identifier that patients are known by here."),
    "identifier-ambiguous": _faulty(204, "PID 1 3", "Several patients have this number."),
    "identifier-conflict": _faulty(205, "PID 1 3", "This number is another patient's."),
    "name-missing": _faulty(101, "PID 1 5", "A new patient needs a name."),
    "name-too-long": _faulty(102, "PID 1 5", "A name is too long."),
    "birth-date": _faulty(102, "PID 1 7", "The date of birth cannot be read."),
    "sex": _faulty(103, "PID 1 8", "The administrative sex is not one of table 0001."),
    "death": _faulty(102, "PID 1 29", "The time of death cannot be read."),
    "death-in-future": _faulty(102, "PID 1 29", "The time of death is still to come."),
    "mrn-taken": _faulty(205, "PID 1 3", "Another patient has this medical record number."),
    "mrn-required": _faulty(101, "PID 1 3", "The clinic requires a medical record number."),
    "patient-limit": _faulty(207, "PID 1", "The clinic cannot have more patients."),
    "details-refused": _faulty(102, "PID 1", "A patient cannot have these details."),
    "left": _faulty(207, "PID 1", "The patient has left the clinic."),
    "prior-missing": _faulty(101, "MRG 1 1", "No prior identifier that patients are known by here."),
    "both-have-logins": _faulty(207, "MRG 1 1", "Both patients have accounts of their own; somebody has to decide."),
    "is-staff": _faulty(207, "MRG 1 1", "One of the two works for a clinic; somebody has to decide."),
    "known-elsewhere": _faulty(207, "MRG 1 1", "One of the two is another clinic's patient; somebody has to decide."),
    "both-connected": _faulty(207, "MRG 1 1", "Both are connected with the same partner; somebody has to decide."),
    "appointment-missing": _faulty(101, "SCH 1 2", "The appointment has neither a filler nor a placer id."),
    "appointment-other": _faulty(205, "SCH 1 2", "This appointment is another patient's."),
    "appointment-over": _faulty(207, "SCH 1", "The appointment cannot be changed any more."),
    "time-missing": _faulty(101, "SCH 1 11", "The appointment has no start."),
    "time": _faulty(102, "SCH 1 11", "The start of the appointment cannot be read."),
    "duration": _faulty(102, "SCH 1 9", "The length of the appointment is not between a second and a day."),
    "room-unknown": _faulty(103, "AIL 1 3", "No waiting room stands for this resource or location."),
    "provider-unknown": _faulty(103, "AIP 1 3", "Nobody stands for this resource."),
    "deceased": _faulty(207, "PID 1", "The patient has died; no visit is booked."),
}


def said_of(reason: str) -> Said:
    """What is said about a reason; `segment-missing:PID` names the segment itself."""
    if reason.startswith("segment-missing:"):
        name = reason.partition(":")[2]
        return Said(FAULTY, 100, (name, "1"), f"The segment {name} is missing.")
    return FAULTS.get(reason, FAULTS["internal"])
