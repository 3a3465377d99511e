"""Load the demo through the public API, four people at a time, as a clinic's own programs would."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from openward.cli.api import BATCH, Api
from openward.cli.demo.cast import PASSWORD, Clinic, Patient
from openward.cli.demo.datums import data, data_set
from openward.cli.demo.recordings import recording
from openward.cli.demo.state import State

AT_ONCE = 4
"""People loaded side by side: more would only wait for the same two cores."""


@dataclass(frozen=True, slots=True)
class _Desk:
    """One clinic as its admin sees it: the token, the id, ids of tags and sites by name, known patients by number."""

    token: str
    id: str
    tags: dict[str, str]
    sites: dict[str, str]
    known: dict[str, str]


class Loader:
    """Loads everybody who is not loaded yet; `report` hears of each upload how many data it had."""

    def __init__(self, api: Api, state: State, ids: dict[str, str], report: Callable[[int], None]) -> None:
        """ids: clinic id by the clinic's key."""
        self._api = api
        self._state = state
        self._ids = ids
        self._report = report
        self._service = ""
        self._desks: dict[str, _Desk] = {}

    async def load(self, clinics: tuple[Clinic, ...], cast: list[Patient]) -> None:
        """Return when everybody is there; an interrupted load is taken up where it stopped."""
        self._service = await self._api.sign_in_service(self._state.service_secret)
        for clinic in clinics:
            self._desks[clinic.key] = await self._open_desk(clinic)
            await self._invite(clinic)
            await self._ask(clinic)
        waiting = iter(cast)

        async def work() -> None:
            for person in waiting:
                await self._load_one(person)

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(work())

    async def _open_desk(self, clinic: Clinic) -> _Desk:
        token, _ = await self._api.sign_in(clinic.staff[0][1], PASSWORD)
        clinic_id = self._ids[clinic.key]
        shown = await self._api.call("GET", f"/v1/clinics/{clinic_id}", token)
        listed = await self._api.call("GET", f"/v1/clinics/{clinic_id}/patients?limit=1000", token)
        return _Desk(
            token,
            clinic_id,
            {tag["name"]: tag["id"] for tag in shown.get("patientTags") or []},
            {site["name"]: site["id"] for site in shown.get("sites") or []},
            {row["mrn"]: row["id"] for row in listed["data"] if row.get("mrn")},
        )

    async def _invite(self, clinic: Clinic) -> None:
        """Clinicians whose invitation waits, for the pages to show."""
        desk = self._desks[clinic.key]
        team = await self._api.call("GET", f"/v1/clinics/{desk.id}/clinicians?limit=100", desk.token)
        there = {member["email"] for member in team}
        for email, roles in clinic.invited:
            if email not in there:
                invite = {"email": email, "roles": roles}
                await self._api.call("POST", f"/v1/clinics/{desk.id}/invites/clinicians", desk.token, invite)

    async def _ask(self, clinic: Clinic) -> None:
        """Patients who want to share their data with the clinic and wait for its answer."""
        desk = self._desks[clinic.key]
        shown = await self._api.call("GET", f"/v1/clinics/{desk.id}", desk.token)
        waiting = await self._api.call("GET", f"/v1/clinics/{desk.id}/invites/patients", desk.token)
        there = {one["creatorId"] for one in waiting}
        for email in clinic.asking:
            token, user_id = await self._api.sign_in(email, PASSWORD)
            known = await self._api.call("GET", f"/v1/patients/{user_id}/clinics?limit=100", token)
            if user_id not in there and desk.id not in {one["clinic"]["id"] for one in known}:
                offer = {"shareCode": shown["shareCode"], "permissions": {"view": {}, "upload": {}, "note": {}}}
                await self._api.call("POST", f"/confirm/send/invite/{user_id}/clinic", token, offer)

    async def _load_one(self, person: Patient) -> None:
        desk = self._desks[person.clinic]
        token = desk.token
        if person.email is None:
            user_id = desk.known.get(person.mrn) or await self._enrol(desk, person)
        else:
            token, user_id = await self._api.sign_in(person.email, PASSWORD)
            if person.mrn not in desk.known:
                await self._enrol_user(desk, person, user_id)
        if person.mrn in desk.known:
            await self._clear(token, user_id)
        await self._upload(token, user_id, person)
        self._state.finished.append(person.mrn)
        self._state.write()

    def _record(self, desk: _Desk, person: Patient) -> dict[str, Any]:
        return {
            "fullName": person.name,
            "birthDate": person.born.isoformat(),
            "mrn": person.mrn,
            "diagnosisType": person.diagnosis,
            "tags": [desk.tags[name] for name in person.tags],
            "sites": [{"id": desk.sites[person.site], "name": person.site}],
        }

    async def _enrol(self, desk: _Desk, person: Patient) -> str:
        made = await self._api.call("POST", f"/v1/clinics/{desk.id}/patients", desk.token, self._record(desk, person))
        return str(made["id"])

    async def _enrol_user(self, desk: _Desk, person: Patient, user_id: str) -> None:
        """Somebody with an account of his own joins the clinic, which is a service's task."""
        record = self._record(desk, person) | {"permissions": {"view": {}, "upload": {}, "note": {}}}
        await self._api.call("POST", f"/v1/clinics/{desk.id}/patients/{user_id}", self._service, record)

    async def _clear(self, token: str, user_id: str) -> None:
        """Take away what an interrupted load left."""
        for left in await self._api.call("GET", f"/v1/users/{user_id}/data_sets", token) or []:
            await self._api.call("DELETE", f"/v1/data_sets/{left['uploadId']}", self._service)

    async def _upload(self, token: str, user_id: str, person: Patient) -> None:
        recorded = await asyncio.to_thread(recording, person)
        made = await asyncio.to_thread(data, person, recorded, datetime.now(UTC))
        if not made:
            return
        data_set_id = await self._api.open_data_set(token, user_id, data_set(person, recorded))
        for first in range(0, len(made), BATCH):
            batch = made[first : first + BATCH]
            await self._api.add_data(token, data_set_id, batch)
            self._report(len(batch))
