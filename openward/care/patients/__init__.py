"""The person once, an enrolment per organization: demographics, custody, who may see or write."""

from openward.care.patients.access import may, require
from openward.care.patients.activity import set_active
from openward.care.patients.asking import LINK_LIFE, remind_to_upload, request_connection
from openward.care.patients.bulk import add_tag, forget_site, forget_tag, remove_tag, site_to_site, tag_to_site
from openward.care.patients.create import create_custodial, enrol, enrol_demo
from openward.care.patients.leave import (
    dissolve,
    drop_permission,
    follow_email,
    leave_all,
    remove,
    remove_claimed,
    set_permissions,
)
from openward.care.patients.model import (
    CUSTODIAL,
    AddressChanged,
    ConnectionRequest,
    ConnectionRequested,
    DataSource,
    Details,
    Enrolled,
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
from openward.care.patients.moving import Brief, Takeover, brief, people_of, take_over
from openward.care.patients.offers import accept_offer, end_offer, offer, offers, resend_offer
from openward.care.patients.read import count, find, get, get_many, note_reads, of_person, peek
from openward.care.patients.review import add_review, revert_review
from openward.care.patients.rules import has_standard_ranges, unconnected
from openward.care.patients.sources import give_sources, set_sources, touch
from openward.care.patients.update import claimed, update

__all__ = [
    "CUSTODIAL",
    "LINK_LIFE",
    "AddressChanged",
    "Brief",
    "ConnectionRequest",
    "ConnectionRequested",
    "DataSource",
    "Details",
    "Enrolled",
    "Enrolment",
    "EnrolmentChanged",
    "EnrolmentEnded",
    "Joining",
    "MRNChanged",
    "PatientCount",
    "Permission",
    "ProviderCount",
    "Review",
    "Takeover",
    "accept_offer",
    "add_review",
    "add_tag",
    "brief",
    "claimed",
    "count",
    "create_custodial",
    "dissolve",
    "drop_permission",
    "end_offer",
    "enrol",
    "enrol_demo",
    "find",
    "follow_email",
    "forget_site",
    "forget_tag",
    "get",
    "get_many",
    "give_sources",
    "has_standard_ranges",
    "leave_all",
    "may",
    "note_reads",
    "of_person",
    "offer",
    "offers",
    "peek",
    "people_of",
    "remind_to_upload",
    "remove",
    "remove_claimed",
    "remove_tag",
    "request_connection",
    "require",
    "resend_offer",
    "revert_review",
    "set_active",
    "set_permissions",
    "set_sources",
    "site_to_site",
    "tag_to_site",
    "take_over",
    "touch",
    "unconnected",
    "update",
]
