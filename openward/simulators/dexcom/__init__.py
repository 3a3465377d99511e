"""A Dexcom cloud: the v3 API over people who are not real (data-plane reference, section 12)."""

from openward.simulators.dexcom.partner import Dexcom

__all__ = ["Dexcom"]
