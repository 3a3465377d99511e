"""What was agreed with partner clouds, looked at before the first process starts."""

from openward.care import connections
from openward.cli.act import acting
from openward.cli.outcome import Failed
from openward.config import Settings


async def check_agreements(settings: Settings, dsn: str) -> None:
    """Failed, with every place, when a policy contradicts itself: one of this program, or one that was set up here."""
    async with acting(settings, dsn, "start") as work:
        found = await connections.policy_faults(work)
    faults = [f"{name}{fault.pointer}: {fault.detail or fault.code}" for name in found for fault in found[name]]
    if faults:
        raise Failed(f"A partner's policy cannot be: {'; '.join(faults)}. Mend it with `openward provision`.")
