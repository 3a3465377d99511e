"""Telling endpoints what happened, for ever: claims endpoints, posts what is due, keeps what they answered."""

from openward.gateway.deliveries.engine import Deliveries

__all__ = ["Deliveries"]
