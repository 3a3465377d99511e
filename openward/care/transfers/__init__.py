"""Moves that cross rooms: clinic merge, migration of old clinician accounts, removal of a user."""

from openward.care.transfers.carry import JOB as CARRY
from openward.care.transfers.carry import carry
from openward.care.transfers.joining_store import join as join_people
from openward.care.transfers.merge import close_source, merge, merges, moved_people, propose
from openward.care.transfers.merge_model import (
    Action,
    Cluster,
    LabelPlan,
    Likeness,
    Match,
    MemberPlan,
    MergePlan,
    OrganizationsMerged,
    PatientPlan,
)
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
from openward.care.transfers.plan import counts as plan_counts
from openward.care.transfers.removal import account_deleted, change_address, email_changed, leave_everything
from openward.care.transfers.tell import JOB as TELL
from openward.care.transfers.tell import tell_merged
from openward.care.transfers.unkept import close_many_unkept, close_unkept

__all__ = [
    "CARRY",
    "TELL",
    "Action",
    "Cluster",
    "LabelPlan",
    "Likeness",
    "Match",
    "MemberPlan",
    "MergePlan",
    "Merged",
    "Migration",
    "OrganizationsMerged",
    "Outcome",
    "PatientPlan",
    "Progress",
    "Refusal",
    "Status",
    "account_deleted",
    "add",
    "carry",
    "change_address",
    "close_many_unkept",
    "close_source",
    "close_unkept",
    "email_changed",
    "enable",
    "join_people",
    "leave_everything",
    "merge",
    "merges",
    "migration",
    "migrations",
    "moved_people",
    "plan_counts",
    "progress",
    "propose",
    "refusals",
    "retry",
    "set_status",
    "tell_merged",
    "trigger",
]
