"""Glucose reports as PDF for people with ninety days of a sensor and a pump: in jobs, as record systems get them."""

import asyncio
import json
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from openward.bench.figures import Figure, at_least, at_most, median, percentile
from openward.bench.inside import opened
from openward.bench.rig import TOKEN, Rig
from openward.care import ehr
from openward.care.ehr import Provider

_DAYS: Final = 90
_BATCH: Final = 1000
_AT_ONCE: Final = 2
_LIMIT_S: Final = 600.0
_P95_S: Final = 1.0
_A_SECOND: Final = 5.0
_MEMORY_MB: Final = 400
_VERIFICATION: Final = "bench-verification"
_SOURCE: Final = "bench-source"
_SETTINGS: Final = {
    "enabled": True,
    "sourceId": _SOURCE,
    "provider": "redox",
    "mrnIdType": "MRN",
    "procedureCodes": {"enableSummaryReports": "E"},
    "destinationIds": {"flowsheet": "f", "results": "r", "notes": "n"},
    "scheduledReports": {"onUploadEnabled": False, "cadence": "DISABLED"},
    "tags": {},
    "flowsheets": {"icode": True},
}


class RecordSystem(asyncio.Protocol):
    """Takes whatever comes, with little work: it shares the machine with what is measured."""

    notes = 0
    smallest = 1 << 60

    def connection_made(self, transport: Any) -> None:
        """Keep it for answers."""
        self._transport = transport
        self._kept = bytearray()

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete; a token to whoever asks for one."""
        self._kept += data
        while (end := self._kept.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._kept[:end]).lower()
            found = re.search(rb"content-length: *(\d+)", head)
            size = int(found[1]) if found else 0
            if len(self._kept) < end + 4 + size:
                return
            body = bytes(self._kept[end + 4 : end + 4 + size])
            del self._kept[: end + 4 + size]
            if b'"DataModel":"Notes"' in body[:200]:
                RecordSystem.notes += 1
                RecordSystem.smallest = min(RecordSystem.smallest, len(body))
            answer = b'{"access_token":"bench","expires_in":3600}' if b"/v2/auth/token" in head else b"{}"
            self._transport.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
                % (len(answer), answer)
            )


@dataclass(frozen=True, slots=True)
class _Patients:
    """A linked clinic: user ids, in the order of their record numbers."""

    clinic: str
    token: str
    ids: list[str]


async def made(rig: Rig, patients: int, reports: int) -> list[Figure]:
    """`reports` reports of `patients` people, ordered at one moment, made by jobs and posted; then over HTTP."""
    RecordSystem.notes, RecordSystem.smallest = 0, 1 << 60
    server = await asyncio.get_running_loop().create_server(RecordSystem, "127.0.0.1", 0)
    try:
        await _link(rig, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        people = await _filled(rig, patients)
        took = await _ordered(rig, people, reports)
    finally:
        server.close()
    in_jobs = await _in_jobs(rig)
    peak = peak_mb(rig.pid)
    over_http = await _over_http(rig, people, max(20, reports // 4))
    return [
        at_least("pdf", f"{reports} reports of {patients} people, ordered at once, made and sent", reports / took,
                 "a second", _A_SECOND),
        at_most("pdf", "making one of them, 95 % within", in_jobs, "s", _P95_S),
        at_most("pdf", f"over HTTP, {_AT_ONCE} at once, p95", percentile(over_http, 0.95), "s", _P95_S),
        Figure("pdf", "the same, median", median(over_http), "s"),
        Figure("pdf", "smallest message with a report", RecordSystem.smallest / 1024, "KiB"),
        at_most("pdf", "most memory that one of our processes ever had", peak, "MiB", _MEMORY_MB),
    ]  # fmt: skip


async def _link(rig: Rig, url: str) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    values = {"verification_token": _VERIFICATION, "base_url": url, "client_id": "bench", "key_id": "bench"}
    async with opened(rig) as inside:
        await inside.do(lambda work: ehr.put_link(work, Provider.REDOX, values | {"private_key_pem": pem}))


async def _filled(rig: Rig, patients: int) -> _Patients:
    """A clinic whose patients have ninety days of readings, rates every five minutes, boluses and meals."""
    _, token = await rig.person()
    clinic = await rig.call("POST", "/v1/clinics", token=token, body={"name": "Bench", "preferredBgUnits": "mg/dL"})
    path = f"/v1/clinics/{clinic['id']}"
    await rig.call("PUT", f"{path}/settings/ehr", body=_SETTINGS)
    ids = []
    with rig.counting("people", patients) as done:
        for number in range(patients):
            body = {"fullName": f"Pat Bench {number}", "birthDate": "1990-02-03", "mrn": f"M{number}"}
            ids.append((await rig.call("POST", f"{path}/patients", token=token, body=body))["id"])
            await _upload(rig, token, ids[-1], number)
            done(1)
    await rig.idle(_LIMIT_S)
    return _Patients(clinic["id"], token, ids)


async def _upload(rig: Rig, token: str, user: str, number: int) -> None:
    asked = {
        "client": {"name": "bench", "version": "1.0.0"},
        "dataSetType": "continuous",
        "timezone": "America/New_York",
        "deduplicator": {"name": "org.tidepool.deduplicator.none"},
    }
    data_set = (await rig.call("POST", f"/v1/users/{user}/data_sets", token=token, body=asked))["data"]["uploadId"]
    data = await asyncio.to_thread(_data, number)
    bodies = [json.dumps(data[first : first + _BATCH]).encode() for first in range(0, len(data), _BATCH)]
    waiting = iter(bodies)

    async def send() -> None:
        headers = {TOKEN: token, "content-type": "application/json"}
        for body in waiting:
            async with rig.http.post(f"{rig.url}/v1/data_sets/{data_set}/data", data=body, headers=headers) as answer:
                answer.raise_for_status()

    await asyncio.gather(*(send() for _ in range(4)))


def _data(number: int) -> list[dict[str, Any]]:
    """Everything that one person has, ending now: lows at night, highs after meals, no two people alike."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    found: list[dict[str, Any]] = []
    for place in range(_DAYS * 288):
        moment = now - timedelta(minutes=5 * place)
        at = {"time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "deviceId": f"bench-{number}"}
        wave = math.sin(place / 17 + number) + 0.6 * math.sin(place / 61) + 0.3 * math.sin(place * 1.7)
        found.append({**at, "type": "cbg", "units": "mg/dL", "value": round(145 + 68 * wave)})
        rate = {"deliveryType": "automated", "duration": 300_000, "rate": round(0.9 + 0.4 * math.sin(place / 40), 2)}
        found.append({**at, "type": "basal", **rate})
        if place % 36 == 20:
            found.append({**at, "type": "bolus", "subType": "normal", "normal": 1.5 + place % 7})
            found.append({**at, "type": "food", "nutrition": {"carbohydrate": {"net": 30, "units": "grams"}}})
    return found


async def _ordered(rig: Rig, people: _Patients, reports: int) -> float:
    """Order all reports; the seconds from the first order until the last note was taken."""
    numbers = count()
    began = time.perf_counter()
    for number in range(reports):
        order = _order(f"M{number % len(people.ids)}", next(numbers))
        await rig.call("POST", "/v1/redox", body=order, headers={"verification-token": _VERIFICATION})
    with rig.counting("reports", reports) as done:
        seen = 0
        while RecordSystem.notes < reports:
            if time.perf_counter() - began > _LIMIT_S:
                raise RuntimeError(f"only {RecordSystem.notes} of {reports} reports came")
            await asyncio.sleep(0.05)
            done(RecordSystem.notes - seen)
            seen = RecordSystem.notes
    return time.perf_counter() - began


def _order(mrn: str, number: int) -> Mapping[str, Any]:
    return {
        "Meta": {"DataModel": "Order", "EventType": "New", "Source": {"ID": _SOURCE}, "Message": {"ID": number}},
        "Patient": {
            "Identifiers": [{"ID": mrn, "IDType": "MRN"}],
            "Demographics": {"FirstName": "Pat", "LastName": "Bench", "DOB": "1990-02-03"},
        },
        "Order": {"ID": f"order-{number}", "Procedure": {"Code": "E"}},
    }


async def _in_jobs(rig: Rig) -> float:
    """The bound of the installation's own histogram below which 95 % of all reports lie, in seconds."""
    async with rig.http.get(f"{rig.url}/metrics") as answer:
        text = await answer.text()
    found = re.findall(r'^openward_report_seconds_bucket\{le="([^"]+)"\} ([\d.e+]+)$', text, re.MULTILINE)
    counts = [(float(bound), float(number)) for bound, number in found]
    total = max(number for _, number in counts)
    return next(bound for bound, number in counts if number >= 0.95 * total)


async def _over_http(rig: Rig, people: _Patients, reports: int) -> list[float]:
    """Seconds of reports that are asked for one after another, by so many clients at once."""
    numbers, seconds = iter(range(reports)), []

    async def ask() -> None:
        for number in numbers:
            user = people.ids[number % len(people.ids)]
            began = time.perf_counter()
            async with rig.http.get(f"{rig.url}/export/report/{user}", headers={TOKEN: people.token}) as answer:
                body = await answer.read()
            if answer.status != 200 or not body.startswith(b"%PDF"):
                raise RuntimeError(f"a report was answered with {answer.status}")
            seconds.append(time.perf_counter() - began)

    await asyncio.gather(*(ask() for _ in range(_AT_ONCE)))
    return seconds


def peak_mb(root: int) -> float:
    """The most memory that any of our processes below `root` ever held, in MiB; PostgreSQL's do not count."""
    largest = 0.0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            status = (folder / "status").read_text()
        except OSError:
            continue
        fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        is_ours = root in (int(folder.name), int(fields["PPid"])) and "postgres" not in fields["Name"]
        if is_ours and "VmHWM" in fields:
            largest = max(largest, int(fields["VmHWM"].split()[0]) / 1024)
    return largest
