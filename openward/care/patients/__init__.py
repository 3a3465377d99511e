"""The person once, an enrolment per organization: demographics, custody, who may see or write."""

from openward.care.patients.access import may, require
from openward.care.patients.create import create_custodial, enrol, enrol_demo
from openward.care.patients.leave import account_deleted, dissolve, drop_permission, remove, set_permissions
from openward.care.patients.model import (
    CUSTODIAL,
    ConnectionRequest,
    DataSource,
    Details,
    Enrolment,
    EnrolmentChanged,
    EnrolmentEnded,
    Joining,
    MRNChanged,
    PatientCount,
    Permission,
    ProviderCount,
    Review,
)
from openward.care.patients.read import count, find, get, get_many, note_reads, of_person, peek
from openward.care.patients.review import add_review, revert_review
from openward.care.patients.rules import has_standard_ranges, unconnected
from openward.care.patients.update import claimed, forget_site, forget_tag, update

__all__ = [
    "CUSTODIAL",
    "ConnectionRequest",
    "DataSource",
    "Details",
    "Enrolment",
    "EnrolmentChanged",
    "EnrolmentEnded",
    "Joining",
    "MRNChanged",
    "PatientCount",
    "Permission",
    "ProviderCount",
    "Review",
    "account_deleted",
    "add_review",
    "claimed",
    "count",
    "create_custodial",
    "dissolve",
    "drop_permission",
    "enrol",
    "enrol_demo",
    "find",
    "forget_site",
    "forget_tag",
    "get",
    "get_many",
    "has_standard_ranges",
    "may",
    "note_reads",
    "of_person",
    "peek",
    "remove",
    "require",
    "revert_review",
    "set_permissions",
    "unconnected",
    "update",
]
