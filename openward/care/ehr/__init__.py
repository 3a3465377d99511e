"""Orders and subscriptions of record systems, matching of patients, what is to be sent and when."""

from openward.care.ehr.clinic import find_clinic
from openward.care.ehr.deliver import DELIVER, claim, deliveries, put_body, put_message, replay, settle
from openward.care.ehr.handle import follow_enrolment, follow_many, handle_job
from openward.care.ehr.link import link, put_link
from openward.care.ehr.match import Criterion, Match, match_order
from openward.care.ehr.model import NEW, ORDER, Message, MessageRef, Status, Subscription
from openward.care.ehr.order import Order
from openward.care.ehr.outgoing import (
    Answered,
    Claimed,
    Delivery,
    Figures,
    Head,
    Kind,
    Note,
    Push,
    State,
    Verdict,
    number_of,
)
from openward.care.ehr.ports import RecordSystem
from openward.care.ehr.push import (
    AFTER_UPLOAD,
    TICK,
    after_upload_job,
    begin_push,
    follow_summary,
    sending,
    skip,
    tick_job,
)
from openward.care.ehr.receive import HANDLE, keep_message, message_content, messages
from openward.care.ehr.resolve import UNRESOLVED, failed_order, resolve
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
from openward.care.ehr.sync import PUSH, SWEEP, pushing, sweep_job, sync_organization, sync_patient
from openward.care.ehr.token import Token, kept_token, put_token

__all__ = [
    "AFTER_UPLOAD",
    "DELIVER",
    "HANDLE",
    "NEW",
    "ORDER",
    "PUSH",
    "SWEEP",
    "TICK",
    "UNRESOLVED",
    "Answered",
    "Claimed",
    "Criterion",
    "Delivery",
    "EHRSettings",
    "Figures",
    "Head",
    "Kind",
    "Match",
    "Message",
    "MessageRef",
    "Note",
    "Order",
    "Provider",
    "Push",
    "RecordSystem",
    "State",
    "Status",
    "Subscription",
    "Token",
    "Verdict",
    "after_upload_job",
    "begin_push",
    "claim",
    "claimed_removed",
    "deliveries",
    "document_of",
    "enrolment_ended",
    "failed_order",
    "find_clinic",
    "follow_enrolment",
    "follow_many",
    "follow_summary",
    "handle_job",
    "keep_message",
    "kept_token",
    "link",
    "match_order",
    "message_content",
    "messages",
    "move",
    "mrn_changed",
    "number_of",
    "pushing",
    "put_body",
    "put_link",
    "put_message",
    "put_settings",
    "put_token",
    "read_settings",
    "replay",
    "resolve",
    "sending",
    "settings_of",
    "settle",
    "skip",
    "subscribe",
    "subscription",
    "subscriptions",
    "sweep_job",
    "sync_organization",
    "sync_patient",
    "tick_job",
]
