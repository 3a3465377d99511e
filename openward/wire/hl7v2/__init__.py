"""Served: HL7 version 2 over MLLP. Patients, merges and appointments of a record system, each message acknowledged."""

from openward.wire.hl7v2.handle import Reader
from openward.wire.hl7v2.listener import Limits, Listener

__all__ = ["Limits", "Listener", "Reader"]
