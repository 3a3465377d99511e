"""Links to partner clouds: which sources a person's data come from by themselves, and how each is doing."""

from openward.care.connections.copies import copy_sources
from openward.care.connections.model import (
    ConnectionClosed,
    ConnectionOpened,
    DataSource,
    NewSource,
    ProviderSession,
    SourceFailed,
    SourceState,
    Token,
)
from openward.care.connections.partners import PartnerSetup, known_partners, partner, partners, put_partner
from openward.care.connections.requests import PARTNERS, REMIND, remind, repeat_requests, send_request
from openward.care.connections.revoking import REVOKE, Revocation, revocation
from openward.care.connections.sessions import (
    account_deleted,
    change_session,
    close_sessions,
    delete_session,
    delete_sessions,
    find_session,
    hold_session,
    keep_token,
    list_sessions,
    open_session,
)
from openward.care.connections.sources import change, create, delete, delete_all, get, list_of, source_of_session, spans
from openward.care.connections.trouble import tell_trouble

__all__ = [
    "PARTNERS",
    "REMIND",
    "REVOKE",
    "ConnectionClosed",
    "ConnectionOpened",
    "DataSource",
    "NewSource",
    "PartnerSetup",
    "ProviderSession",
    "Revocation",
    "SourceFailed",
    "SourceState",
    "Token",
    "account_deleted",
    "change",
    "change_session",
    "close_sessions",
    "copy_sources",
    "create",
    "delete",
    "delete_all",
    "delete_session",
    "delete_sessions",
    "find_session",
    "get",
    "hold_session",
    "keep_token",
    "known_partners",
    "list_of",
    "list_sessions",
    "open_session",
    "partner",
    "partners",
    "put_partner",
    "remind",
    "repeat_requests",
    "revocation",
    "send_request",
    "source_of_session",
    "spans",
    "tell_trouble",
]
