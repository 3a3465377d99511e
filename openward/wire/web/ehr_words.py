"""What pages say of orders and messages of a record system: states, kinds, and why something failed."""

from collections.abc import Mapping
from typing import Final

from openward.care.ehr import Delivery, Kind, State, Status

KINDS: Final[Mapping[Kind, str]] = {
    Kind.RESULTS: "Answer to an order",
    Kind.FLOWSHEET: "Figures",
    Kind.NOTES: "Report",
}
STATES: Final[Mapping[State, tuple[str, str]]] = {
    State.WAITING: ("Waiting", ""),
    State.SENT: ("Sent", "connected"),
    State.GIVEN_UP: ("Given up", "error"),
}
"""The word, and the class that colours it."""
STATUSES: Final[Mapping[Status, tuple[str, str]]] = {
    Status.WAITING: ("Waiting", ""),
    Status.DONE: ("Carried out", "connected"),
    Status.FAILED: ("Failed", "error"),
    Status.REPEATED: ("Came again", ""),
    Status.IGNORED: ("Passed over", ""),
}
_WHY: Final[Mapping[str, str]] = {
    "unmatched": "nobody has this MRN and date of birth",
    "ambiguous": "several patients have this MRN and date of birth",
    "mrn-missing": "the order has no MRN",
    "birth-date-missing": "the order has no date of birth",
    "birth-date-unreadable": "the date of birth cannot be read",
    "name-missing": "the order has no name",
    "patient-exists": "a patient like this is there already",
    "mrn-required": "the clinic requires an MRN",
    "patient-limit": "the clinic cannot have more patients",
    "details-refused": "an account cannot have these details",
    "email-invalid": "the e-mail address is not one",
    "email-taken": "the e-mail address belongs to somebody else",
    "superseded": "a later order came first",
    "procedure-unknown": "the procedure code is none of the clinic's",
}
_FAILURES: Final[Mapping[str, str]] = {
    "timeout": "no answer in time",
    "connection": "no connection",
    "address-refused": "the address is private",
    "bad-url": "the address cannot be called",
    "broken-answer": "the answer could not be read",
    "token-refused": "our key was refused",
    "key-unusable": "our key cannot be used",
    "not-configured": "Redox is not set up in this installation",
    "not-linked": "the clinic's link was switched off",
}


def why(reason: str | None) -> str:
    """Why an order failed or was passed over; "" for no reason."""
    return "" if reason is None else _WHY.get(reason, reason)


def last_answer(one: Delivery) -> str:
    """What the record system said last."""
    if one.status is not None:
        return str(one.status)
    return "" if one.reason is None else _FAILURES.get(one.reason, one.reason)
