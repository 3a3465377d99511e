"""What was agreed with partner clouds, as this program says it, looked at before the first process starts."""

from openward.care.connections.policy import contradictions
from openward.cli.outcome import Failed
from openward.partners import PARTNERS


def check_agreements() -> None:
    """Failed, with every place, when a partner's own policy contradicts itself.

    What an operator changed is refused by `openward provision`.
    """
    faults = [
        f"{partner.name}{fault.pointer}: {fault.detail or fault.code}"
        for partner in PARTNERS
        for fault in contradictions(partner.policy)
    ]
    if faults:
        raise Failed(f"A partner's policy cannot be: {'; '.join(faults)}. It stands in openward/wire.")
