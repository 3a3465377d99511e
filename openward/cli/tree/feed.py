"""The process that listens for HL7 version 2 messages, on the socket that the supervisor opened.

One is enough: what it does is wait for the database. Being one, it keeps the order of what a connection sends.
"""

import asyncio
import signal
import socket
import ssl
from pathlib import Path

from openward.care.work import Tools
from openward.cli.outcome import BadInput
from openward.cli.tree.plan import Plan
from openward.config import Settings
from openward.gateway.listening import Listening
from openward.gateway.request import Gate
from openward.infra.db import open_pool
from openward.partners import PARTNERS, RECORD_SYSTEM
from openward.wire.hl7v2 import Limits, Listener


def tls_of(settings: Settings) -> ssl.SSLContext | None:
    """How messages come over TLS, None where they do not; `BadInput` for files that cannot be used."""
    if not settings.mllp_tls_cert:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.mllp_tls_cert, settings.mllp_tls_key or None)
        if settings.mllp_tls_client_ca:
            context.load_verify_locations(cafile=settings.mllp_tls_client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError):
        raise BadInput(
            "The certificate for HL7 messages cannot be used. Check OPENWARD_MLLP_TLS_CERT, OPENWARD_MLLP_TLS_KEY and"
            " OPENWARD_MLLP_TLS_CLIENT_CA: files in PEM form, the key without a password."
        ) from None
    return context


async def run_feed(plan: Plan) -> None:
    """Listen until SIGTERM; messages under way are answered first."""
    settings = plan.settings
    limits = Limits(
        message_bytes=settings.mllp_max_mb << 20,
        idle_s=settings.mllp_idle_seconds,
        message_s=settings.mllp_message_seconds,
        connections=settings.mllp_connections,
    )
    tools = Tools.open(settings, PARTNERS, RECORD_SYSTEM)
    async with await open_pool(plan.dsn, settings.pool_size, application="openward-hl7v2", resets=False) as pool:
        listener = Listener(Gate(pool, settings, tools), limits, tls_of(settings))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, listener.stop)
        with Listening.begin(Path(settings.data_dir), settings.mllp_port):
            await listener.serve(socket.socket(fileno=plan.socket))
