"""A pump cloud that speaks the partner guide's own words: insulin, alarms, settings and modes of activity."""

from openward.wire.pump.client import Pump

PARTNER = Pump()

__all__ = ["PARTNER"]
