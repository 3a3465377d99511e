"""What pages say of messages of a record system: kinds, states, and why something failed."""

from collections.abc import Mapping
from typing import Final

from openward.care.ehr.feed import State

_KINDS: Final[Mapping[str, str]] = {
    "ADT^A01": "Admission",
    "ADT^A04": "Registration",
    "ADT^A08": "Change of a patient",
    "ADT^A31": "Change of a person",
    "ADT^A40": "Merge of two patients",
    "SIU^S12": "Appointment booked",
    "SIU^S13": "Appointment moved",
    "SIU^S15": "Appointment cancelled",
}
STATES: Final[Mapping[State, tuple[str, str]]] = {
    State.DONE: ("Done", "connected"),
    State.OUTDATED: ("A newer one came before", ""),
    State.PASSED: ("Passed over", ""),
    State.FAILED: ("Failed", "error"),
    State.REFUSED: ("Refused", "error"),
    State.SETTLED: ("Set aside", ""),
}
"""The word, and the class that colours it."""
_WHY: Final[Mapping[str, str]] = {
    "internal": "something of ours went wrong",
    "type-unsupported": "messages of this type are not taken",
    "event-unsupported": "this event is not taken",
    "processing-unsupported": "it is meant for tests",
    "version-unsupported": "its version is not taken",
    "charset-unknown": "its character set is not known",
    "charset-wrong": "it is not written in its character set",
    "too-much": "it holds more than can be meant",
    "unreadable": "it cannot be taken apart",
    "identifier-missing": "no number that patients are known by here",
    "identifier-ambiguous": "several patients have this number",
    "name-missing": "a new patient needs a name",
    "name-too-long": "a name is too long",
    "birth-date": "the date of birth cannot be read",
    "sex": "the sex is not a code of the standard",
    "death": "the time of death cannot be read",
    "death-in-future": "the time of death is still to come",
    "mrn-taken": "another patient has this MRN",
    "mrn-required": "the clinic requires an MRN",
    "patient-limit": "the clinic cannot have more patients",
    "details-refused": "a patient cannot have these details",
    "left": "the patient has left the clinic",
    "prior-missing": "no prior number that patients are known by here",
    "both-have-logins": "both patients have accounts of their own: one of them has to delete his",
    "is-staff": "one of the two works for a clinic",
    "known-elsewhere": "one of the two is another clinic's patient, too",
    "both-connected": "both are connected with the same partner: disconnect one of them",
    "appointment-missing": "the appointment has no id",
    "appointment-other": "the appointment is another patient's",
    "appointment-over": "the appointment cannot be changed any more",
    "time-missing": "the appointment has no start",
    "time": "the start cannot be read",
    "duration": "its length is not between a second and a day",
    "room-unknown": "no waiting room stands for its resource: name one below",
    "provider-unknown": "nobody stands for its resource: name somebody below",
    "deceased": "the patient has died",
}


def kind_of(kind: str) -> str:
    """What a message is about."""
    return _KINDS.get(kind, kind.replace("^", " "))


def why_failed(reason: str | None) -> str:
    """Why it failed; "" for no reason."""
    if reason is None:
        return ""
    name, _, segment = reason.partition(":")
    return f"the segment {segment} is missing" if name == "segment-missing" else _WHY.get(reason, reason)
