"""Links to partner clouds: which sources a person's data come from by themselves, and how each is doing."""

from openward.care.connections.model import DataSource, NewSource, SourceState
from openward.care.connections.partners import PartnerSetup, known_partners, partner, partners, put_partner
from openward.care.connections.requests import PARTNERS, REMIND, copy_sources, remind, repeat_requests, send_request
from openward.care.connections.sources import change, create, delete, delete_all, get, list_of, spans

__all__ = [
    "PARTNERS",
    "REMIND",
    "DataSource",
    "NewSource",
    "PartnerSetup",
    "SourceState",
    "change",
    "copy_sources",
    "create",
    "delete",
    "delete_all",
    "get",
    "known_partners",
    "list_of",
    "partner",
    "partners",
    "put_partner",
    "remind",
    "repeat_requests",
    "send_request",
    "spans",
]
