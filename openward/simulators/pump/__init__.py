"""A pump cloud of its own: insulin pumps of people who are not real, in the words of the partner guide."""

from openward.simulators.pump.partner import Pump

__all__ = ["Pump"]
