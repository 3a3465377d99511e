"""Orders and subscriptions of record systems, matching of patients, what is to be sent and when."""

from openward.care.ehr.clinic import find_clinic
from openward.care.ehr.handle import follow_enrolment, follow_many, handle_job
from openward.care.ehr.link import link, put_link
from openward.care.ehr.match import Criterion, Match, match_order
from openward.care.ehr.model import NEW, ORDER, Message, MessageRef, Status, Subscription
from openward.care.ehr.order import Order
from openward.care.ehr.receive import HANDLE, keep_message, message_content, messages
from openward.care.ehr.settings import (
    EHRSettings,
    Provider,
    document_of,
    put_settings,
    read_settings,
    settings_of,
)
from openward.care.ehr.subscribe import (
    claimed_removed,
    enrolment_ended,
    move,
    mrn_changed,
    subscribe,
    subscription,
    subscriptions,
)
from openward.care.ehr.sync import SWEEP, sweep_job, sync_organization, sync_patient

__all__ = [
    "HANDLE",
    "NEW",
    "ORDER",
    "SWEEP",
    "Criterion",
    "EHRSettings",
    "Match",
    "Message",
    "MessageRef",
    "Order",
    "Provider",
    "Status",
    "Subscription",
    "claimed_removed",
    "document_of",
    "enrolment_ended",
    "find_clinic",
    "follow_enrolment",
    "follow_many",
    "handle_job",
    "keep_message",
    "link",
    "match_order",
    "message_content",
    "messages",
    "move",
    "mrn_changed",
    "put_link",
    "put_settings",
    "read_settings",
    "settings_of",
    "subscribe",
    "subscription",
    "subscriptions",
    "sweep_job",
    "sync_organization",
    "sync_patient",
]
