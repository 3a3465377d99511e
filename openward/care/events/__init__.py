"""What happened, kept in order; the gateway looks up what follows from it just before commit."""

from openward.care.events.record import keep, record

__all__ = ["keep", "record"]
