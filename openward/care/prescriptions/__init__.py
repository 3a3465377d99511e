"""Prescriptions of therapy settings: drafted and signed in a clinic, claimed and used by a patient."""

from openward.care.prescriptions.claim import activate, claim, get_own, of_person
from openward.care.prescriptions.joining_store import join as join_people
from openward.care.prescriptions.model import Draft, Prescription, Query, State
from openward.care.prescriptions.moving import move
from openward.care.prescriptions.prescribe import create, delete, get, list_of, require_member, revise

__all__ = [
    "Draft",
    "Prescription",
    "Query",
    "State",
    "activate",
    "claim",
    "create",
    "delete",
    "get",
    "get_own",
    "join_people",
    "list_of",
    "move",
    "of_person",
    "require_member",
    "revise",
]
