"""Results/New: one order, told whether it was matched or its account made, and why not."""

from typing import Any, Final

import msgspec

from openward.care.ehr import Head, Verdict
from openward.wire.redox.copied import at, instant, order_id, read, start

_MATCHING, _ACCOUNT = "MATCHING_RESULT", "ACCOUNT_CREATION_RESULT"
_WORDS: Final = {
    "unmatched": "No patient with this MRN and date of birth was found.",
    "ambiguous": "More than one patient has this MRN and date of birth.",
    "mrn-missing": "The order has no MRN.",
    "birth-date-missing": "The order has no date of birth.",
    "birth-date-unreadable": "The date of birth of the order cannot be read.",
    "name-missing": "The order has no first and last name.",
    "patient-exists": "A patient with this MRN, or with this name and date of birth, is there already.",
    "mrn-required": "An account cannot be made without an MRN.",
    "patient-limit": "The clinic cannot have more patients.",
    "details-refused": "An account cannot be made with these details.",
    "email-invalid": "The e-mail address of the order is not one.",
    "email-taken": "The e-mail address of the order belongs to somebody else.",
    "superseded": "A later order for this patient was carried out before.",
}
_FAILED: Final = "The order could not be carried out."


def write(head: Head, verdict: Verdict) -> bytes:
    """The message."""
    order = read(head.order)
    code = _ACCOUNT if verdict.is_account else _MATCHING
    answered: dict[str, Any] = {
        "ID": order_id(order, head),
        "Status": "Resulted",
        "CompletionDateTime": instant(head.at),
        "Results": [
            _result(head, code, "SUCCESS" if verdict.is_success else "FAILURE"),
            _result(head, f"{code}_MESSAGE", _sentence(verdict)),
        ],
    }
    procedure = at(order, "Order", "Procedure")
    if isinstance(procedure, dict):
        answered["Procedure"] = procedure
    return msgspec.json.encode(start(head, order, "Results", "New") | {"Orders": [answered]})


def _result(head: Head, code: str, value: str) -> dict[str, Any]:
    return {
        "Code": code,
        "Value": value,
        "ValueType": "String",
        "Status": "Final",
        "CompletionDateTime": instant(head.at),
    }


def _sentence(verdict: Verdict) -> str:
    if verdict.is_success:
        return "The account was made." if verdict.is_account else "The patient was found."
    return _WORDS.get(verdict.reason or "", _FAILED)
