"""A clinic linked by Xealth, and a small server that stands for Xealth: it grants tokens and gives orders."""

import asyncio
import secrets
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from httpx import Response
from litestar.testing import AsyncTestClient

from openward.app import build
from openward.care import ehr
from openward.care.ehr import Provider
from openward.config import Settings
from openward.simulators.xealth import Xealth
from openward.wire import tidepool, xealth
from tests.wire.tidepool.clinics.conftest import Clinic, House, a_clinic, clinic, house

__all__ = ["a_clinic", "clinic", "house"]

BEARER = "what-both-sides-know"
CLIENT = ("partner id", "s€cret:with/odd&chars")


@pytest.fixture(scope="session")
async def http(settings: Settings, dsn: str) -> AsyncIterator[AsyncTestClient[Any]]:
    """The server with these two wires."""
    app = build(settings, dsn, [tidepool.WIRING, xealth.WIRING])
    async with AsyncTestClient(app, base_url="http://openward.test") as client:
        yield client


@dataclass(slots=True)
class Partner(Xealth):
    """Xealth at an address."""

    url: str = ""


@pytest.fixture
def partner() -> Iterator[Partner]:
    """The server, on a port and a loop of its own: the test client holds the tests' loop while it waits."""
    made, loop, ready = Partner(CLIENT), asyncio.new_event_loop(), threading.Event()

    async def start() -> web.AppRunner:
        runner = web.AppRunner(made.app())
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        ready.set()
        return runner

    def run() -> None:
        runner = loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(20)
    yield made
    loop.call_soon_threadsafe(loop.stop)
    thread.join(20)
    loop.close()


@dataclass
class Linked:
    """A clinic that Xealth knows as `deployment`, and whoever calls as Xealth."""

    clinic: Clinic
    partner: Partner
    deployment: str
    program: str = "program-1"

    async def __call__(self, method: str, path: str, body: Any, bearer: str | None = BEARER) -> Response:
        headers = {"authorization": f"Bearer {bearer}"} if bearer is not None else {}
        return await self.clinic.house.client.request(method, f"/v1/xealth/{path}", json=body, headers=headers)

    def patient(self, mrn: str, **more: Any) -> dict[str, Any]:
        """What Xealth says of a patient; `given`, `family`, `born`, `email` by name."""
        said = {"given": ["Pat", "Q"], "family": ["Smith"], "born": "1990-02-03", "email": None} | more
        telecom = [{"system": "phone", "value": "1"}]
        if said["email"]:
            telecom.append({"system": "email", "value": said["email"]})
        return {
            "deployment": self.deployment,
            "patientIdentity": {"ids": [{"id": "e1", "type": "enterprise"}, {"id": mrn, "type": "mrn"}]},
            "datasets": {
                "demographicsV1": {
                    "birthDate": said["born"],
                    "name": {"given": said["given"], "family": said["family"]},
                    "telecom": telecom,
                },
                "ehrUserV1": {"userId": said.get("viewer", "dr-1")},
            },
        }

    async def preorder(self, patient: dict[str, Any], form: dict[str, Any] | None = None) -> Response:
        """The first call without a form, the second with what was entered."""
        said: dict[str, Any] = {"eventType": "preorder", "eventContext": "initial", "programId": self.program}
        if form is not None:
            said |= {"eventContext": "subsequent", "formData": form}
        return await self("POST", "preorder", patient | said)

    async def ordered(self, mrn: str, *, tracking: str | None = None, order: str = "", **more: Any) -> str:
        """An order as Xealth keeps it; its id."""
        order = order or secrets.token_hex(6)
        content = self.patient(mrn, **more) | {"orderInfo": {"orderId": order}}
        if tracking is not None:
            content["preorder"] = {"dataTrackingId": tracking}
        self.partner.orders[self.deployment, order] = content
        return order

    async def notify(self, order: str, context: str = "new", **more: Any) -> Response:
        """The event of an order."""
        said = {
            "eventType": "order",
            "eventContext": context,
            "eventId": secrets.token_hex(4),
            "eventTimeStamp": "2026-03-09T23:30:00Z",
            "orderId": order,
            "deployment": self.deployment,
            "partnerId": "openward",
            "programId": self.program,
            "patientIdentity": {"ids": []},
        }
        return await self("POST", "notification", said | more)

    async def patients(self, mrn: str) -> list[dict[str, Any]]:
        """The clinic's patients with this MRN."""
        found = await self.clinic.member("GET", f"{self.clinic.path}/patients", params={"search": mrn})
        return [one for one in found.json()["data"] if one.get("mrn") == mrn]


def settings_of(deployment: str, **more: Any) -> dict[str, Any]:
    """The body of PUT /v1/clinics/{clinicId}/settings/ehr."""
    return {
        "enabled": True,
        "sourceId": deployment,
        "provider": "xealth",
        "mrnIdType": "MRN",
        "procedureCodes": {"createAccountAndEnableReports": "program-1"},
        "scheduledReports": {"onUploadEnabled": False, "cadence": "14d"},
        "tags": {},
        "flowsheets": {"icode": False},
    } | more


async def put_link(house: House, **values: str) -> None:
    """Say how to talk with Xealth."""
    async with house.work() as work:
        await ehr.put_link(work, Provider.XEALTH, values)


@pytest.fixture
async def linked(clinic: Clinic, partner: Partner) -> Linked:
    """A linked clinic."""
    await put_link(
        clinic.house, base_url=partner.url, bearer_token=BEARER, client_id=CLIENT[0], client_secret=CLIENT[1]
    )
    made = Linked(clinic, partner, f"system_{secrets.token_hex(5)}")
    answer = await clinic.service("PUT", f"{clinic.path}/settings/ehr", settings_of(made.deployment))
    assert answer.status_code == 200, answer.text
    return made


Make = Callable[..., Awaitable[Clinic]]
