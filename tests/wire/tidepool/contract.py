"""The published description of the Clinics API as a measure."""

from tests.wire.contract import Components, Contract


def _mend(components: Components) -> None:
    # What is granted is an object; the published text is a slip.
    components["schemas"]["confirmation.v1"]["properties"]["context"] = {"type": "object"}


# The published pattern of the report's filters forgot the minus sign of a drop.
CLINIC = Contract("tidepool", "clinic.v1", slips={r"^(>=|>|<=|<)\d\.\d\d?$": r"^(>=|>|<=|<)-?\d\.\d\d?$"}, mend=_mend)
