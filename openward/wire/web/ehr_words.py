"""What pages say of orders, messages and reports of a record system: states, kinds, and why something failed."""

from collections.abc import Mapping
from typing import Final

from openward.care.ehr import Delivery, EHRSettings, Kind, Message, Provider, PushRecord, State, Status, TaskState

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
PUSHES: Final[Mapping[TaskState, tuple[str, str]]] = {
    TaskState.DUE: ("Waiting", ""),
    TaskState.SENDING: ("On its way", ""),
    TaskState.SENT: ("Sent", "connected"),
    TaskState.SKIPPED: ("Nothing to send", ""),
    TaskState.FAILED: ("Not taken", "error"),
}
_SKIPPED: Final[Mapping[str, str]] = {
    "no-upload": "nothing was uploaded since the last report",
    "covered": "the report before this one already said everything",
    "no-data": "there are no glucose figures yet",
    "patient-gone": "the patient left the clinic, is out of its list, or has died",
    "not-subscribed": "reports on this patient are switched off",
    "not-linked": "the link with the record system was switched off",
    "no-destination": "the link does not say where reports go",
    "clinic-gone": "the clinic was not there any more",
}
CADENCES: Final[Mapping[str, str]] = {
    "1d": "every day",
    "7d": "every week",
    "14d": "every two weeks",
    "30d": "every 30 days",
    "DISABLED": "not by themselves",
}
_ENROL: Final = "Make an account and switch reports on"
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


def ordered_by_code(settings: EHRSettings) -> list[tuple[str, str]]:
    """What each procedure code of the clinic asks for: (words, code)."""
    codes = settings.procedure_codes
    if settings.provider is Provider.XEALTH:
        program = codes.create_account_and_enable_reports
        return [("The program that makes an account and switches reports on", program)] if program else []
    listed = (
        ("Switch reports on", codes.enable_summary_reports),
        ("Switch reports off", codes.disable_summary_reports),
        ("Make an account", codes.create_account),
        (_ENROL, codes.create_account_and_enable_reports),
    )
    return [(words, code) for words, code in listed if code]


def what_is_ordered(one: Message, settings: EHRSettings | None) -> str:
    """What an order asks for, by the clinic's codes as they are now."""
    if one.provider is Provider.XEALTH:
        return "Program cancelled" if one.ref.event_type == "Cancel" else "Program ordered"
    known = {code: words for words, code in ordered_by_code(settings)} if settings else {}
    return known.get(one.procedure_code or "", "Another procedure")


def why_skipped(one: PushRecord) -> str:
    """Why a report was not sent; "" when it was, or still may be."""
    if one.state is TaskState.FAILED:
        return "the record system did not take all of it; see Sent"
    return "" if one.reason is None else _SKIPPED.get(one.reason, one.reason)


def why(reason: str | None) -> str:
    """Why an order failed or was passed over; "" for no reason."""
    return "" if reason is None else _WHY.get(reason, reason)


def last_answer(one: Delivery) -> str:
    """What the record system said last."""
    if one.status is not None:
        return "taken" if one.state is State.SENT else f"refused with {one.status}"
    return "" if one.reason is None else _FAILURES.get(one.reason, one.reason)
