"""What webhooks are sent: the event's word and the id of its subject, encrypted with the endpoint's key."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import msgspec

from openward.care.identity import System
from openward.care.subscriptions import Letter, Topic
from openward.infra.salted_text import encrypt

WORDS: Final[Mapping[Topic, str]] = {
    Topic.PATIENT_CREATED: "patient:created",
    Topic.PATIENT_UPDATED: "patient:updated",
    Topic.PATIENT_DEACTIVATED: "patient:deactivated",
    Topic.APPOINTMENT_BOOKED: "appointment:scheduled",
    Topic.APPOINTMENT_RESCHEDULED: "appointment:rescheduled",
    Topic.APPOINTMENT_CANCELLED: "appointment:cancelled",
    Topic.APPOINTMENT_COMPLETED: "appointment:completed",
    Topic.APPOINTMENT_INCOMPLETE: "appointment:incompleted",
    Topic.APPOINTMENT_NO_SHOW: "appointment:no-show",
    Topic.APPOINTMENT_LEFT: "appointment:lwbs",
    Topic.EPISODE_CREATED: "episode:created",
    Topic.EPISODE_UPDATED: "episode:updated",
}
TOPICS: Final = {word: topic for topic, word in WORDS.items()}

# What the subject is called in the document, and by which of its names: SPID, SAID, or the episode's UUID.
_SUBJECTS: Final = {
    "patient": ("patientId", System.SPID),
    "appointment": ("appointmentId", System.SAID),
    "episode": ("episodeId", System.SOLO),
}


class SoloForm:
    """The form of deliveries to endpoints that were made by this wire."""

    naming: Final = System.SOLO

    def system(self, topic: Topic) -> System:
        """The system whose name of the subject goes out."""
        return _subject(topic)[1]

    def write(self, secret: str, topic: Topic, subject: str, endpoint_id: str, delivery: UUID) -> Letter:
        """The encrypted text of `{"event": ..., "data": {...}}`."""
        field, system = _subject(topic)
        value = subject if system is System.SOLO else int(subject)
        plain = msgspec.json.encode({"event": WORDS[topic], "data": {field: value}})
        headers = {
            "Content-Type": "text/plain; charset=us-ascii",
            "X-Webhook-Id": endpoint_id,
            "X-Delivery-Id": str(delivery),
        }
        return Letter(encrypt(secret, plain).encode("ascii"), headers)


def _subject(topic: Topic) -> tuple[str, System]:
    return _SUBJECTS[WORDS[topic].partition(":")[0]]
