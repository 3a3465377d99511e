"""Record systems of the demo: stand-ins for Redox and Xealth beside it, and orders that came out in many ways."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import msgspec
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from openward.cli.demo.state import State
from openward.infra.crypto import new_token
from openward.infra.http import CallFailed, call, open_session
from openward.simulators.redox import Redox
from openward.simulators.xealth import Xealth
from openward.wire.redox.schema import faults

_SOURCE: Final = "demo-hospital"
_DEPLOYMENT: Final = "demo-health-system"
_PROGRAM: Final = "openward-demo"
_ENABLE, _DISABLE, _CREATE, _UNKNOWN = "REPORT", "STOP", "ENROL", "MRI-HEAD"
_REFUSED: Final = 422
_LOOKS, _LOOK_S = 300, 0.1
_COMMON: Final = {"enabled": True, "mrnIdType": "MRN", "tags": {}, "flowsheets": {"icode": True}}
_SETTINGS: Final[Mapping[str, Mapping[str, Any]]] = {
    "riverbend": _COMMON
    | {
        "provider": "redox",
        "sourceId": _SOURCE,
        "procedureCodes": {
            "enableSummaryReports": _ENABLE,
            "disableSummaryReports": _DISABLE,
            "createAccountAndEnableReports": _CREATE,
        },
        "destinationIds": {"flowsheet": "demo-flowsheets", "results": "demo-results", "notes": "demo-notes"},
        "scheduledReports": {"onUploadEnabled": True, "cadence": "14d"},
        "notes": {"includeGMI": True},
    },
    "harbour": _COMMON
    | {
        "provider": "xealth",
        "sourceId": _DEPLOYMENT,
        "procedureCodes": {"createAccountAndEnableReports": _PROGRAM},
        "scheduledReports": {"onUploadEnabled": False, "cadence": "DISABLED"},
    },
}


def settings(clinic: str) -> Mapping[str, Any]:
    """The `ehr` part of a provisioning file for one clinic."""
    return _SETTINGS[clinic]


@dataclass(frozen=True, slots=True)
class Known:
    """A patient of the demo, as a record system knows him."""

    name: str
    born: date
    mrn: str


@dataclass(slots=True)
class RecordSystems:
    """The stand-ins at work. `links`: the parts of a provisioning file that tell the installation where they are."""

    redox: Redox
    redox_url: str
    xealth: Xealth
    xealth_url: str
    links: Mapping[str, Any]

    async def order(self, riverbend: Sequence[Known], harbour: Sequence[Known]) -> None:
        """Give orders of every outcome, each of them once; half a dozen patients of each clinic are asked for."""
        for number, one in enumerate(riverbend[:3]):
            await self._redox(_order(_ENABLE, number, one))
        await self._redox(_order(_ENABLE, 0, riverbend[0]))  # comes again
        await self._redox(_order(_CREATE, 10, Known("Wren Halloran", date(1997, 5, 21), "R990001")))
        for number, one in enumerate(_doubtful(riverbend), 20):
            await self._redox(_order(_ENABLE, number, one))
        await self._redox(_order(_DISABLE, 30, riverbend[6]))
        await self._redox(_order(_UNKNOWN, 31, riverbend[1]))
        # Three answers with two messages each behind them, and five more answers.
        await self._taken(14)
        self.redox.faults.waiting[:] = [None, None, _REFUSED]
        await self._redox(_order(_ENABLE, 40, riverbend[4]))
        await self._taken(16)
        for number, one in enumerate(harbour[:3]):
            await self._xealth("PUT", number, one)
        await self._xealth("DELETE", 2, harbour[2])

    async def _taken(self, count: int) -> None:
        """Wait until so many messages were taken; not for ever, as nothing depends on it but what the pages show."""
        for _ in range(_LOOKS):
            if len(self.redox.messages) >= count:
                return
            await asyncio.sleep(_LOOK_S)

    async def _redox(self, order: Mapping[str, Any]) -> None:
        await _send("POST", f"{self.redox_url}/simulator/orders", order)

    async def _xealth(self, method: str, number: int, one: Known) -> None:
        order = f"demo-order-{number}"
        first, _, last = one.name.rpartition(" ")
        kept = {
            "deployment": _DEPLOYMENT,
            "orderInfo": {"orderId": order, "programId": _PROGRAM},
            "patientIdentity": {"ids": [{"id": one.mrn, "type": "MRN"}]},
            "datasets": {
                "demographicsV1": {
                    "birthDate": one.born.isoformat(),
                    "name": {"given": [first], "family": [last]},
                    "telecom": [],
                }
            },
        }
        await _send(method, f"{self.xealth_url}/simulator/orders/{quote(_DEPLOYMENT)}/{order}", kept)


def _doubtful(known: Sequence[Known]) -> list[Known]:
    """Whom somebody has to look at: a date with day and month changed over, an old number, a stranger."""
    turned, moved = known[3], known[5]
    day = turned.born.replace(month=min(turned.born.day, 12), day=turned.born.month)
    if day == turned.born:
        day = turned.born + timedelta(days=9)
    return [
        Known(turned.name, day, turned.mrn),
        Known(moved.name, moved.born, f"OLD-{moved.mrn}"),
        Known("Perpetua Quill", date(1961, 11, 2), "R777003"),
    ]


def _order(code: str, number: int, one: Known) -> dict[str, Any]:
    """An order as Redox delivers it; the same number is the same order."""
    first, _, last = one.name.rpartition(" ")
    return {
        "Meta": {
            "DataModel": "Order",
            "EventType": "New",
            "EventDateTime": datetime.now(UTC).isoformat(timespec="seconds"),
            "Source": {"ID": _SOURCE, "Name": "Demo hospital"},
            "Message": {"ID": 1_000_000 + number},
        },
        "Patient": {
            "Identifiers": [{"ID": one.mrn, "IDType": "MRN"}],
            "Demographics": {"FirstName": first, "LastName": last, "DOB": one.born.isoformat()},
        },
        "Visit": {"VisitNumber": f"V-{number}"},
        "Order": {
            "ID": f"demo-{number}",
            "Procedure": {"Code": code},
            "Provider": {"ID": "4356789876", "FirstName": "Pat", "LastName": "Granite"},
        },
    }


async def _send(method: str, url: str, body: Mapping[str, Any]) -> None:
    async with open_session(allow_private=True) as session:
        try:
            await call(session, method, url, body=msgspec.json.encode(body))
        except CallFailed:
            return  # A page of the demo shows less.


@asynccontextmanager
async def record_systems(port: int) -> AsyncIterator[RecordSystems]:
    """Run both; they tell the demo on this port of orders."""
    us = f"http://127.0.0.1:{port}"
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    verification, bearer, secret = new_token(24), new_token(24), new_token(24)
    redox = Redox("openward-demo", "demo-key", public, faults, (us, verification))
    xealth = Xealth(("openward-demo", secret), (us, bearer))
    async with AsyncExitStack() as stack:
        redox_url = await stack.enter_async_context(_served(redox.app()))
        xealth_url = await stack.enter_async_context(_served(xealth.app()))
        links = {
            "redox": {
                "verification_token": verification,
                "base_url": redox_url,
                "client_id": redox.client_id,
                "key_id": redox.key_id,
                "private_key_pem": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
                "source_id": "openward-demo",
                "source_name": "Openward",
            },
            "xealth": {
                "base_url": xealth_url,
                "bearer_token": bearer,
                "client_id": xealth.client[0],
                "client_secret": secret,
            },
        }
        yield RecordSystems(redox, redox_url, xealth, xealth_url, links)


@asynccontextmanager
async def _served(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def order_once(systems: RecordSystems, state: State, known: Mapping[str, Sequence[Known]]) -> None:
    """Give the orders, unless an earlier start did."""
    if not state.is_ordered:
        await systems.order(known["riverbend"], known["harbour"])
        state.is_ordered = True
        state.write()
