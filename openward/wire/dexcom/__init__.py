"""Dexcom, a partner cloud: sensor glucose and what its receivers know, by the v3 API."""

from openward.wire.dexcom.client import Dexcom

PARTNER = Dexcom()

__all__ = ["PARTNER"]
