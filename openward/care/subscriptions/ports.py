"""What delivering needs from the wire whose endpoints are told: its words, and the form that it sends them in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from openward.care.identity import System
from openward.care.subscriptions.model import Topic


@dataclass(frozen=True, slots=True)
class Letter:
    """One request body with its headers, ready to be posted."""

    body: bytes
    headers: Mapping[str, str]


class Form(Protocol):
    """How a wire writes deliveries. `naming` is the system that names endpoints."""

    @property
    def naming(self) -> System:
        """The system that names endpoints."""
        ...

    def system(self, topic: Topic) -> System:
        """The system whose name of the subject goes out."""
        ...

    def write(self, secret: str, topic: Topic, subject: str, endpoint_id: str, delivery: UUID) -> Letter:
        """The letter about `subject`, named as `system` says, encrypted anew each time."""
        ...
