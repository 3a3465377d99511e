"""What programs report of how they are used: free-form events, kept for a while."""

from openward.care.usage.events import Event, list_of, record, sweep

__all__ = ["Event", "list_of", "record", "sweep"]
