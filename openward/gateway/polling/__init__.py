"""Fetching from partner clouds, for ever: claims what is due, asks in each person's name, keeps what comes."""

from openward.gateway.polling.engine import Polling

__all__ = ["Polling"]
