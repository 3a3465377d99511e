"""Consults that a call centre asks for: patient, visit and first answers in one go."""

from openward.care.consults.joining_store import join as join_people
from openward.care.consults.register import (
    AlreadyAsked,
    Asked,
    LocationUnknown,
    RoomNotReady,
    register,
)
from openward.care.consults.store import move

__all__ = ["AlreadyAsked", "Asked", "LocationUnknown", "RoomNotReady", "join_people", "move", "register"]
