"""Orders and subscriptions of record systems, matching of patients, what is to be sent and when."""

from openward.care.ehr.clinic import find_clinic
from openward.care.ehr.model import MessageRef, Status, Subscription
from openward.care.ehr.settings import (
    EHRSettings,
    Provider,
    document_of,
    put_settings,
    read_settings,
    settings_of,
)
from openward.care.ehr.subscribe import enrolment_ended, mrn_changed, subscribe, subscription, subscriptions

__all__ = [
    "EHRSettings",
    "MessageRef",
    "Provider",
    "Status",
    "Subscription",
    "document_of",
    "enrolment_ended",
    "find_clinic",
    "mrn_changed",
    "put_settings",
    "read_settings",
    "settings_of",
    "subscribe",
    "subscription",
    "subscriptions",
]
