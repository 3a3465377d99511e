"""Orders, uploads and reports by Redox and Xealth while processes die by SIGKILL and the other side answers badly.

Everything is tried again by whoever would try it in life. In the end each order counts once, and each upload is
reported once: what came again, because its answer was lost, came to the letter and under its own number.
"""

import asyncio
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import asyncpg
import pytest

from openward.care import ehr
from openward.care.work import Actor, ActorKind, OrganizationKey, Tools, Work
from openward.config import Settings
from openward.infra.postgres import open_cluster
from tests.cli.running import SECRET, Running, openward, until
from tests.scale import scaled

pytestmark = [pytest.mark.slow, pytest.mark.timeout(560)]

TOKEN = "x-tidepool-session-token"
VERIFICATION, BEARER = "redox-token-of-the-test", "xealth-token-of-the-test"
PATIENTS, PROGRAMMED = scaled(4, 6), scaled(2, 3)
LEAST_KILLS = scaled(2, 5)
BORN = "1990-02-03"
FAULTS = [500, None, "lost", None, None, "slow", "cut", None, "lost", 503, None, None, "lost", None, 500, None, "lost"]


def setup(redox: str, key: str, xealth: str) -> dict[str, Any]:
    """The provisioning file: one clinic for each system."""
    common = {"mrnIdType": "MRN", "tags": {}, "flowsheets": {"icode": True}, "enabled": True}
    reports = {"onUploadEnabled": True, "cadence": "DISABLED"}
    by_redox = common | {
        "provider": "redox",
        "sourceId": "source-1",
        "procedureCodes": {"createAccountAndEnableReports": "CREATE", "disableSummaryReports": "STOP"},
        "destinationIds": {"flowsheet": "f", "results": "r", "notes": "n"},
        "scheduledReports": reports,
    }
    by_xealth = common | {
        "provider": "xealth",
        "sourceId": "system-1",
        "procedureCodes": {"createAccountAndEnableReports": "program-1"},
        "scheduledReports": reports,
    }
    us = {"client_id": "openward", "key_id": "key-1", "private_key_pem": key, "source_id": "us"}
    return {
        "organizations": [
            {"key": "redox", "name": "Willow Clinic", "ehr": by_redox},
            {"key": "xealth", "name": "Aspen Clinic", "ehr": by_xealth},
        ],
        "redox": {"verification_token": VERIFICATION, "base_url": redox, **us},
        "xealth": {"base_url": xealth, "bearer_token": BEARER, "client_id": "openward", "client_secret": "secret"},
    }


def call(method: str, url: str, body: Any = None, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    """One request; the status is 0 when there was no answer."""
    data = None if body is None else json.dumps(body).encode()
    sent = {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urlopen(Request(url, data=data, method=method, headers=sent), timeout=40) as answer:
            return answer.status, answer.read(), {name.lower(): value for name, value in answer.headers.items()}
    except HTTPError as error:
        return error.code, error.read(), {}
    except (URLError, OSError):
        return 0, b"", {}


def insist(method: str, url: str, body: Any = None, **headers: str) -> Any:
    """The decoded answer of a request that is repeated for as long as nobody can answer it."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        status, raw, _ = call(method, url, body, **headers)
        if 200 <= status < 300:
            return json.loads(raw) if raw else None
        assert status in (0, 500, 502, 503), (method, url, status, raw[:300])
        time.sleep(0.2)
    raise AssertionError(f"{method} {url} was never answered")


@dataclass
class Place:
    """A running installation and the two stand-ins; `clinics` by system."""

    server: Running
    url: str
    folder: Path
    redox: str
    xealth: str
    clinics: dict[str, str] = field(default_factory=dict)
    service: str = ""

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """As a service."""
        return insist(method, self.url + path, body, **{TOKEN: self.service})

    def patients(self, clinic: str) -> dict[str, str]:
        """User id by MRN."""
        found = self.api("GET", f"/v1/clinics/{self.clinics[clinic]}/patients?limit=100")
        mrns = [one["mrn"] for one in found["data"]]
        assert len(set(mrns)) == len(mrns), f"two accounts for one order: {mrns}"
        return {one["mrn"]: one["id"] for one in found["data"]}

    def upload(self, user: str) -> None:
        """A day of readings in a data set of its own, which is closed."""
        asked = {"type": "upload", "dataSetType": "normal", "deviceId": "D", "timezone": "UTC", "deviceTags": ["cgm"]}
        made = self.api("POST", f"/v1/users/{user}/datasets", asked)
        now = datetime.now(UTC)
        data = [
            {
                "type": "cbg",
                "time": (now - timedelta(minutes=5 * place + 1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "deviceId": "D",
                "units": "mg/dL",
                "value": 90 + place % 80,
            }
            for place in range(288)
        ]
        path = f"/v1/datasets/{made['data']['id']}"
        self.api("POST", f"{path}/data", data)
        self.api("PUT", path, {"dataState": "closed"})

    def messages(self) -> list[dict[str, Any]]:
        """What Redox took, each once."""
        return list(insist("GET", f"{self.redox}/simulator/messages"))


class Killer(threading.Thread):
    """Kills a process of the installation again and again, each time another one."""

    def __init__(self, server: Running) -> None:
        super().__init__(daemon=True)
        self._server, self._over, self._dice = server, threading.Event(), random.Random(7)
        self.kills: Counter[str] = Counter()

    def run(self) -> None:
        place = 0
        while not self._over.wait(0.5 + 2 * self._dice.random()):
            role = ("jobs", "api")[place % 2]
            alive = self._server.children(f"openward-{role}")
            if len(alive) < 2:
                continue  # the one before is not there again yet
            place += 1
            with suppress(ProcessLookupError):
                os.kill(self._dice.choice(alive), signal.SIGKILL)
                self.kills[role] += 1

    def stop(self) -> None:
        self._over.set()
        self.join()


def stand_in(*words: str) -> tuple[subprocess.Popen[str], str]:
    """A simulator as an operator starts it, and its address."""
    command = [sys.executable, "-m", "openward", "simulate", *words, "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())["url"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setenv("OPENWARD_WEBHOOKS_ALLOW_PRIVATE", "1")
    folder, key = tmp_path / "installation", tmp_path / "redox-key.pem"
    server = Running("serve", folder, "--port", "0", "--processes", "2", "--workers", "2")
    others: list[subprocess.Popen[str]] = []
    try:
        url = server.ready()
        redox, redox_url = stand_in("redox", "--key", str(key), "--tell", url, "--token", VERIFICATION)
        xealth, xealth_url = stand_in("xealth", "--tell", url, "--bearer", BEARER)
        others += [redox, xealth]
        (tmp_path / "setup.json").write_text(json.dumps(setup(redox_url, key.read_text(), xealth_url)))
        made = json.loads(openward("provision", str(tmp_path / "setup.json"), "--data-dir", str(folder)).stdout)
        found = Place(
            server, url, folder, redox_url, xealth_url, {one["key"]: one["id"] for one in made["organizations"]}
        )
        headers = {"x-tidepool-server-name": "test", "x-tidepool-server-secret": SECRET}
        found.service = call("POST", f"{url}/auth/serverlogin", **headers)[2][TOKEN]
        yield found
    finally:
        for other in others:
            other.terminate()
            other.wait(10)
        if server.process.poll() is None:
            server.kill_all()


def order(code: str, number: int) -> dict[str, Any]:
    """An order as Redox delivers it, for the patient of this number."""
    return {
        "Meta": {
            "DataModel": "Order",
            "EventType": "New",
            "EventDateTime": (datetime.now(UTC) - timedelta(minutes=1)).isoformat(),
            "Source": {"ID": "source-1"},
            "Message": {"ID": number if code == "CREATE" else 1000 + number},
        },
        "Patient": {
            "Identifiers": [{"ID": f"M-{number}", "IDType": "MRN"}],
            "Demographics": {"FirstName": "Pat", "LastName": f"Number{number}", "DOB": BORN},
        },
        "Order": {"ID": f"{code}-{number}", "Procedure": {"Code": code}},
    }


def mrn_of(message: Any) -> str:
    return str(message["Patient"]["Identifiers"][0]["ID"])


def models(messages: list[dict[str, Any]]) -> Counter[tuple[str, str]]:
    """How often each patient got each kind."""
    return Counter((mrn_of(one), one["Meta"]["DataModel"]) for one in messages)


def redox_story(place: Place) -> None:
    """Accounts are ordered, data come, reports go out; some are ended, and more data come."""
    insist("POST", f"{place.redox}/simulator/faults", FAULTS)
    mrns = [f"M-{number}" for number in range(PATIENTS)]
    with ThreadPoolExecutor(6) as several:  # each order twice, side by side
        orders = [order("CREATE", number) for number in range(PATIENTS) for _ in range(2)]
        list(several.map(lambda one: _told(place, one), orders))
    until(lambda: sorted(place.patients("redox")) == mrns, 180)
    users = place.patients("redox")
    for mrn in mrns:
        place.upload(users[mrn])
    first = {(mrn, model): 1 for mrn in mrns for model in ("Results", "Flowsheet", "Notes")}
    until(lambda: models(place.messages()) == first, 240)
    insist("POST", f"{place.redox}/simulator/faults", FAULTS[:8])
    for number in (0, 1):
        _told(place, order("STOP", number))
    until(lambda: models(place.messages())["M-1", "Results"] == models(place.messages())["M-0", "Results"] == 2, 180)
    for mrn in mrns:
        place.upload(users[mrn])
    second = {(mrn, model): 2 for mrn in mrns[2:] for model in ("Flowsheet", "Notes")} | {
        (mrn, "Results"): 2 for mrn in mrns[:2]
    }
    until(lambda: models(place.messages()) == Counter(first | second), 240)


def _told(place: Place, one: dict[str, Any]) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        status, raw, _ = call("POST", f"{place.redox}/simulator/orders", one)
        if status == 200 and json.loads(raw)["told"] == 200:
            return
        time.sleep(0.3)
    raise AssertionError("an order was never taken")


def xealth_story(place: Place) -> None:
    """Forms, orders, reports in the viewer, and cancellations."""
    for number in range(PROGRAMMED):
        asked = _patient(number)
        hooks = {"authorization": f"Bearer {BEARER}"}
        first = asked | {"eventType": "preorder", "eventContext": "initial", "programId": "program-1"}
        form = insist("POST", f"{place.url}/v1/xealth/preorder", first, **hooks)
        entered = {"dataTrackingId": form["dataTrackingId"], "formId": "x", "userInput": {"patient": {}}}
        second = first | {"eventContext": "subsequent", "formData": entered}
        assert insist("POST", f"{place.url}/v1/xealth/preorder", second, **hooks) == {}
        insist("POST", f"{place.xealth}/simulator/faults", [500, None, "cut", None, "lost"][number:])
        kept = asked | {
            "orderInfo": {"orderId": f"o-{number}", "programId": "program-1"},
            "preorder": {"dataTrackingId": form["dataTrackingId"]},
        }
        _heard(place, "PUT", number, kept)
        place.upload(place.patients("xealth")[f"X-{number}"])
        assert insist("PUT", f"{place.url}/v1/xealth/programs", asked, **hooks)["present"] is True
        link = insist("PUT", f"{place.url}/v1/xealth/program", asked | {"programId": "program-1"}, **hooks)["url"]
        page = _page(place, link)
        address = re.search(r'data="([^"]+)"', page)
        assert address is not None
        path = address[1].replace("&amp;", "&").partition("/export/")[2]
        assert _bytes(f"{place.url}/export/{path}").startswith(b"%PDF-")
        _heard(place, "DELETE", number)
        assert insist("PUT", f"{place.url}/v1/xealth/programs", asked, **hooks) == {"present": False}
        assert _answered(lambda link=link: call("GET", _local(place, link)))[0] == 401  # type: ignore[misc]


def _patient(number: int) -> dict[str, Any]:
    return {
        "deployment": "system-1",
        "patientIdentity": {"ids": [{"id": f"X-{number}", "type": "MRN"}]},
        "datasets": {
            "demographicsV1": {"birthDate": BORN, "name": {"given": ["Pat"], "family": [f"Program{number}"]}},
            "ehrUserV1": {"userId": "dr-1"},
        },
    }


def _heard(place: Place, method: str, number: int, body: Any = None) -> None:
    """Xealth tells of an order until it is heard."""
    url = f"{place.xealth}/simulator/orders/system-1/o-{number}"
    until(lambda: json.loads(call(method, url, body)[1] or b"{}").get("told") == 200, 60)


def _local(place: Place, link: str) -> str:
    """The address as this test reaches it, whatever the installation calls itself."""
    return place.url + link.partition("/v1/")[1] + link.partition("/v1/")[2]


def _answered(ask: Callable[[], tuple[int, bytes, dict[str, str]]]) -> tuple[int, bytes]:
    found = until(lambda: (one := ask())[0] not in (0, 500, 502, 503) and one, 60)
    return found[0], found[1]


def _page(place: Place, link: str) -> str:
    status, raw = _answered(lambda: call("GET", _local(place, link)))
    assert status == 200, raw
    return raw.decode()


def _bytes(url: str) -> bytes:
    status, raw = _answered(lambda: call("GET", url))
    assert status == 200, raw[:300]
    return raw


PLANTED = ("PLANTED", "Number0", "Program0", BORN, "M-0", "X-0", VERIFICATION, BEARER)
"""What no log may hold: a patient's particulars, secrets, and whatever stands in a request that is refused."""


def _try_broken_ones(place: Place) -> None:
    """Requests that are refused, each with something in it that must not be repeated anywhere."""
    redox, xealth = {"verification_token": VERIFICATION}, {"authorization": f"Bearer {BEARER}"}
    planted: dict[str, Any] = {
        "Meta": "PLANTED",
        "deployment": "PLANTED",
        "eventType": "PLANTED",
        "formData": "PLANTED",
    }
    for path, method, headers in (
        ("/v1/redox", "POST", redox),
        ("/v1/redox", "POST", {"verification_token": "PLANTED"}),
        ("/v1/redox/verify", "POST", {}),
        ("/v1/redox/match", "POST", {TOKEN: place.service}),
        ("/v1/xealth/preorder", "POST", xealth),
        ("/v1/xealth/programs", "PUT", xealth),
        ("/v1/xealth/program", "PUT", {"authorization": "Bearer PLANTED"}),
        ("/v1/xealth/report/web/viewer.html?clinicId=PLANTED&patientId=PLANTED&restricted_token=PLANTED", "GET", {}),
    ):
        body = None if method == "GET" else planted
        status, answer = _answered(
            lambda body=body, path=path, method=method, headers=headers: call(  # type: ignore[misc]
                method, place.url + path, body, **headers
            )
        )
        assert status in (200, 400, 401, 404), (path, status)  # an unknown deployment has no programs
        assert b"PLANTED" not in answer, path


async def history(place: Place, clinic: str) -> tuple[list[Any], list[Any]]:
    """What the clinic's pages show: messages that came, and those that left."""
    connection = await asyncpg.connect(open_cluster(place.folder / "postgres").dsn)
    try:
        tools = Tools.open(Settings(data_dir=place.folder))
        work = Work(connection, Actor(ActorKind.SERVICE, credential="test"), datetime.now(UTC), tools)
        key = OrganizationKey(
            await connection.fetchval("select entity from identity.name where value = $1", place.clinics[clinic])
        )
        return list(await ehr.messages(work, key)), await ehr.deliveries(work, key, limit=500)
    finally:
        await connection.close()


def test_nothing_is_lost_and_nothing_comes_twice(place: Place) -> None:
    killer = Killer(place.server)
    killer.start()
    try:
        with ThreadPoolExecutor(2) as both:
            for story in [both.submit(redox_story, place), both.submit(xealth_story, place)]:
                story.result()
    finally:
        killer.stop()
    assert min(killer.kills["jobs"], killer.kills["api"]) >= LEAST_KILLS
    state = insist("GET", f"{place.redox}/simulator/state")
    assert state["refused"] == []  # every message has the published shape, and repeats are to the letter
    assert state["repeats"] > 0
    notes = [one for one in place.messages() if one["Meta"]["DataModel"] == "Notes"]
    assert len({one["Note"]["DocumentID"] for one in notes}) == len(notes) == 2 * PATIENTS - 2
    came, left = asyncio.run(history(place, "redox"))
    assert Counter(one.status.value for one in came)["done"] == PATIENTS + 2
    assert {one.status.value for one in came} <= {"done", "repeated"}
    until(lambda: {one.state.value for one in asyncio.run(history(place, "redox"))[1]} == {"sent"}, 60)
    assert len(left) == len(place.messages())
    _try_broken_ones(place)
    log = place.server.log.read_text("utf-8")
    assert [word for word in PLANTED if word in log] == []
    came, left = asyncio.run(history(place, "xealth"))
    assert Counter(one.status.value for one in came)["done"] == 2 * PROGRAMMED
    assert left == []
    assert sorted(place.patients("xealth")) == [f"X-{number}" for number in range(PROGRAMMED)]
