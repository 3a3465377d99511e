"""Moves that cross rooms: clinic merge, migration of old clinician accounts, removal of a user."""

from openward.care.transfers.carry import JOB as CARRY
from openward.care.transfers.carry import carry
from openward.care.transfers.migration import (
    add,
    enable,
    migration,
    migrations,
    progress,
    refusals,
    retry,
    set_status,
    trigger,
)
from openward.care.transfers.model import Merged, Migration, Outcome, Progress, Refusal, Status
from openward.care.transfers.removal import account_deleted, change_address, email_changed, leave_everything

__all__ = [
    "CARRY",
    "Merged",
    "Migration",
    "Outcome",
    "Progress",
    "Refusal",
    "Status",
    "account_deleted",
    "add",
    "carry",
    "change_address",
    "email_changed",
    "enable",
    "leave_everything",
    "migration",
    "migrations",
    "progress",
    "refusals",
    "retry",
    "set_status",
    "trigger",
]
