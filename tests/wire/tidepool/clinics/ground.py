"""What the operations of the table are called on: a cast of callers, and a fresh clinic with all that a row names."""

import re
import secrets
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

from httpx import Response

from openward.care import accounts, ehr, identity
from openward.care.accounts import Role
from openward.care.ehr import Provider
from openward.care.identity import Identifier, System
from openward.care.work import OrganizationKey
from tests.wire.redox.conftest import TOKEN as REDOX_TOKEN
from tests.wire.tidepool.clinics.conftest import Caller, House
from tests.wire.tidepool.clinics.operations import EHR, MATCH
from tests.wire.xealth.conftest import BEARER as XEALTH_TOKEN

WORD = re.compile(r"\{(\w+)\}")
_NEW = {"name": "Willow", "preferredBgUnits": "mg/dL"}
_PROFILE = _NEW | {
    "address": "1 Elm St",
    "city": "Palo Alto",
    "postalCode": "94301",
    "state": "CA",
    "country": "US",
    "clinicType": "provider_practice",
}


@dataclass(frozen=True)
class Outsider(Caller):
    """Somebody without a session, who shows who he is in his own way."""

    headers: dict[str, str] = field(default_factory=dict)

    async def __call__(
        self, method: str, path: str, json: Any = None, params: Any = None, content: bytes | None = None
    ) -> Response:
        return await self.client.request(method, path, params=params, headers=self.headers, json=json, content=content)


@dataclass(frozen=True)
class Cast:
    """Everybody who calls."""

    house: House
    stranger: Caller
    patient: Caller
    custodian: Caller
    member: Caller
    admin: Caller
    prescriber: Caller
    other_admin: Caller
    invitee: Caller
    legacy: Caller
    program: Caller
    service: Caller
    redox: Outsider
    xealth: Outsider
    holder: Outsider

    @property
    def kinds(self) -> dict[str, tuple[Caller, str]]:
        """Each kind of caller who is known, and the letters of the table that he goes by."""
        return {
            "Redox": (self.redox, "R"),
            "Xealth": (self.xealth, "X"),
            "holder of a link": (self.holder, "T"),
            "stranger": (self.stranger, "U"),
            "patient": (self.patient, "U"),
            "custodian of the patient": (self.custodian, "U"),
            "prescriber": (self.prescriber, "U"),
            "admin of another clinic": (self.other_admin, "U"),
            "legacy clinic account": (self.legacy, "U"),
            "pending invitee": (self.invitee, "U"),
            "member": (self.member, "U M"),
            "service account": (self.program, "U M"),
            "admin": (self.admin, "U M A"),
            "service": (self.service, "S"),
        }


async def gather_cast(house: House) -> Cast:
    """Make the callers; the custodian keeps the patient, and the other admin has a clinic of his own."""
    names = ("stranger", "patient", "custodian", "member", "admin", "prescriber", "other_admin", "invitee")
    people = {name: await house.person(name.title()) for name in names}
    patient, custodian = people["patient"].key, people["custodian"].key
    assert patient
    assert custodian
    legacy, program = await _legacy(house), await house.person("Program")
    assert program.key
    async with house.work() as work:
        await accounts.grant_custody(work, patient, custodian)
        await ehr.put_link(work, Provider.REDOX, {"verification_token": REDOX_TOKEN})
        await ehr.put_link(work, Provider.XEALTH, {"bearer_token": XEALTH_TOKEN})
        tokens = await accounts.oauth_tokens(work, program.key, "program", is_program=True)
    program = Caller(house.client, tokens.access, program.user_id, program.key, program.email)
    await _said(people["other_admin"]("POST", "/v1/clinics", _NEW))
    return Cast(
        house,
        legacy=legacy,
        program=program,
        service=await house.service(),
        redox=Outsider(house.client, None, headers={"verification-token": REDOX_TOKEN}),
        xealth=Outsider(house.client, None, headers={"authorization": f"Bearer {XEALTH_TOKEN}"}),
        holder=Outsider(house.client, None),
        **people,
    )


class Ground:
    """What one call needs. Each word of the table is a method; what it makes is made once, when it is asked for."""

    def __init__(self, cast: Cast, caller: Caller) -> None:
        self.cast = cast
        self.caller = caller
        self.named: Caller | None = None
        """Somebody of whom nobody in the cast knows, when the path names such a person."""
        self._made: dict[str, str] = {}

    async def fill(self, value: Any) -> Any:
        """The same value with the words in braces replaced."""
        if isinstance(value, str):
            for word in dict.fromkeys(WORD.findall(value)):
                value = value.replace(f"{{{word}}}", await self.word(word))
        elif isinstance(value, dict):
            return {name: await self.fill(part) for name, part in value.items()}
        elif isinstance(value, list):
            return [await self.fill(part) for part in value]
        return value

    async def word(self, name: str) -> str:
        """What one word stands for."""
        if name not in self._made:
            self._made[name] = await getattr(self, name)()
        return self._made[name]

    async def _path(self, rest: str) -> str:
        return f"/v1/clinics/{await self.word('clinic')}/{rest}"

    async def _label(self, kind: str) -> str:
        made = await _said(self.cast.service("POST", await self._path(kind), {"name": secrets.token_hex(6)}))
        return str(made["id"])

    async def _enrol(self, *permissions: str) -> str:
        body: dict[str, Any] = {"permissions": {name: {} for name in permissions}}
        patient = self.cast.patient.user_id
        await _said(self.cast.service("POST", await self._path(f"patients/{patient}"), body))
        return patient

    async def clinic(self) -> str:
        """A clinic with everybody who is to be in it, and with an invite that nobody answered."""
        cast = self.cast
        clinic = (await _said(cast.admin("POST", "/v1/clinics", _NEW)))["id"]
        path = f"/v1/clinics/{clinic}"
        for one, role in (
            (cast.member, "CLINIC_MEMBER"),
            (cast.program, "CLINIC_MEMBER"),
            (cast.prescriber, "PRESCRIBER"),
        ):
            body = {"id": one.user_id, "email": one.email, "roles": [role], "name": "Somebody"}
            await _said(cast.service("POST", f"{path}/clinicians", body))
        waiting = {"email": cast.invitee.email, "roles": ["CLINIC_ADMIN"], "inviteId": secrets.token_urlsafe(24)}
        await _said(cast.service("POST", f"{path}/clinicians", waiting))
        return str(clinic)

    async def share_code(self) -> str:
        """How patients find the clinic."""
        return str((await _said(self.cast.service("GET", await self._path(""))))["shareCode"])

    async def other_clinic(self) -> str:
        """A clinic with nobody in it but the admin of this one."""
        return str((await _said(self.cast.admin("POST", "/v1/clinics", _NEW)))["id"])

    async def mrn_clinic(self) -> str:
        """The clinic, with rules for its MRNs."""
        await _said(self.cast.service("PUT", await self._path("settings/mrn"), {"required": False, "unique": False}))
        return await self.word("clinic")

    async def tag(self) -> str:
        """A tag of the clinic."""
        return await self._label("patient_tags")

    async def site(self) -> str:
        """A site of the clinic."""
        return await self._label("sites")

    async def other_site(self) -> str:
        """Another one."""
        return await self._label("sites")

    async def address(self) -> str:
        """An address that nobody has."""
        return f"n{secrets.token_hex(6)}@example.org"

    async def newcomer(self) -> str:
        """Somebody with an account, who is in no clinic."""
        return (await self.cast.house.person("New")).user_id

    async def colleague(self) -> str:
        """Another member of the clinic."""
        self.named = await self.cast.house.person("Cole")
        body = {"id": self.named.user_id, "email": self.named.email, "roles": ["CLINIC_MEMBER"]}
        await _said(self.cast.service("POST", await self._path("clinicians"), body))
        return self.named.user_id

    async def client_id(self) -> str:
        """A program that has an OAuth client of its own; its secret is `client_secret`."""
        name = f"client-{secrets.token_hex(4)}"
        program = await self.cast.house.person("Program")
        assert program.key
        async with self.cast.house.work() as work:
            await accounts.put_oauth_client(work, name, await self.word("client_secret"), "Program", program.key)
        return name

    async def client_secret(self) -> str:
        """Its secret."""
        return secrets.token_hex(16)

    async def invitee(self) -> str:
        """Somebody whom the clinic has invited."""
        self.named = await self.cast.house.person("Invited")
        body = {"email": self.named.email, "roles": ["CLINIC_MEMBER"]}
        made = await _said(self.cast.admin("POST", await self._path("invites/clinicians"), body))
        self._made["own_invite"] = made["inviteId"]
        return self.named.user_id

    async def own_invite(self) -> str:
        """The invite that waits for him."""
        await self.word("invitee")
        return self._made["own_invite"]

    async def sent_invite(self) -> str:
        """An invite to somebody without an account."""
        body = {"email": await self.word("address"), "roles": ["CLINIC_MEMBER"]}
        return str((await _said(self.cast.admin("POST", await self._path("invites/clinicians"), body)))["inviteId"])

    async def patient_invite(self) -> str:
        """A person's offer to share with the clinic."""
        person = await self.cast.house.person("Sharing")
        body = {"shareCode": await self.word("share_code"), "permissions": {"view": {}}}
        return str((await _said(person("POST", f"/confirm/send/invite/{person.user_id}/clinic", body)))["key"])

    async def patient(self) -> str:
        """The patient of the cast, who shares with the clinic."""
        return await self._enrol("view", "upload", "note")

    async def kept_patient(self) -> str:
        """The same, in the clinic's custody."""
        return await self._enrol("custodian", "view")

    async def reviewed_patient(self) -> str:
        """The same, whom the caller has reviewed."""
        patient = await self.word("patient")
        await self.caller("PUT", await self._path(f"patients/{patient}/reviews"))
        return patient

    async def connecting_patient(self) -> str:
        """The same, who is to connect with a partner."""
        patient = await self.word("patient")
        source = {"providerName": "dexcom", "state": "pending"}
        await _said(self.cast.service("PUT", f"/v1/patients/{patient}/data_sources", [source]))
        return patient

    async def summary(self) -> str:
        """An id that no summary has."""
        return secrets.token_hex(12)

    async def new_legacy(self) -> str:
        """A legacy account that has nothing yet."""
        self.named = await _legacy(self.cast.house)
        return self.named.user_id

    async def waiting_clinic(self) -> str:
        """The clinic that was made for a legacy account, with its profile filled in."""
        legacy = await self.word("new_legacy")
        clinic = (await _said(self.cast.service("POST", f"/v1/clinicians/{legacy}/migrate")))["id"]
        await _said(self.cast.service("PUT", f"/v1/clinics/{clinic}", _PROFILE))
        return str(clinic)

    async def legacy_colleague(self) -> str:
        """A legacy account that was made a member."""
        legacy = await _legacy(self.cast.house)
        body = {"id": legacy.user_id, "email": legacy.email, "roles": ["CLINIC_MEMBER"]}
        await _said(self.cast.service("POST", await self._path("clinicians"), body))
        return legacy.user_id

    async def migrating(self) -> str:
        """The same, whose patients are being moved."""
        legacy = await self.word("legacy_colleague")
        await _said(self.cast.service("POST", await self._path("migrations"), {"userId": legacy}))
        return legacy

    async def source(self) -> str:
        """What a record system calls the clinic."""
        return f"source-{secrets.token_hex(6)}"

    async def ehr_clinic(self) -> str:
        """The clinic, linked with a record system."""
        await _said(self.cast.service("PUT", await self._path("settings/ehr"), await self.fill(EHR)))
        return await self.word("clinic")

    async def xealth_clinic(self) -> str:
        """The clinic, linked by Xealth."""
        settings = EHR | {"provider": "xealth", "procedureCodes": {"createAccountAndEnableReports": "program-1"}}
        await _said(self.cast.service("PUT", await self._path("settings/ehr"), await self.fill(settings)))
        return await self.word("clinic")

    async def deployment(self) -> str:
        """What Xealth calls the clinic."""
        await self.word("xealth_clinic")
        return await self.word("source")

    async def mrn(self) -> str:
        """The number of the patient in the clinic."""
        patient = await self.word("patient")
        body = {"fullName": "Pat Smith", "birthDate": "1990-02-03", "mrn": secrets.token_hex(4)}
        await _said(self.cast.service("PUT", await self._path(f"patients/{patient}"), body))
        return body["mrn"]

    async def order(self) -> str:
        """An order of Redox about the patient, by the id that it is kept by."""
        await self.word("ehr_clinic")
        demographics = {"FirstName": "Pat", "LastName": "Smith", "DOB": "1990-02-03"}
        order = {
            "Meta": {"DataModel": "Order", "EventType": "New", "Source": {"ID": "{source}"}},
            "Patient": {"Identifiers": [{"IDType": "MRN", "ID": "{mrn}"}], "Demographics": demographics},
        }
        kept = await self.cast.redox("POST", "/v1/redox", await self.fill(order))
        return str(kept.headers["x-openward-message-id"])

    async def subscribed_patient(self) -> str:
        """The patient, on whom Redox has ordered reports."""
        wanted = MATCH | {"patients": {"criteria": ["MRN_DOB"], "onUniqueMatch": "ENABLE_REPORTS"}}
        await _said(self.cast.service("POST", "/v1/redox/match", await self.fill(wanted)))
        return await self.word("patient")

    async def reported_patient(self) -> str:
        """The patient, on whom Xealth has ordered reports."""
        await self.word("xealth_clinic")
        await self.word("mrn")
        patient = self.cast.patient.key
        assert patient
        async with self.cast.house.work() as work:
            key = await identity.resolve(work, Identifier(System.CLINIC, await self.word("clinic")))
            kept = await ehr.keep_message(work, Provider.XEALTH, data_model="order", event_type="new", content=b"{}")
            await ehr.subscribe(work, OrganizationKey(key), patient, Provider.XEALTH, kept.key, is_active=True)
        return self.cast.patient.user_id

    async def redox_token(self) -> str:
        """What Redox says in a body; nobody else knows it."""
        return REDOX_TOKEN if self.caller is self.cast.redox else "a guess"

    async def link(self) -> str:
        """What the holder of a link has in his address."""
        if self.caller is not self.cast.holder:
            return "a-guess"
        assert self.cast.patient.key
        async with self.cast.house.work() as work:
            return (await accounts.create_link(work, self.cast.patient.key)).token


async def _legacy(house: House) -> Caller:
    """Somebody with an account of the kind that clinics had before there were clinics with members."""
    email = f"l{secrets.token_hex(6)}@example.org"
    async with house.work() as work:
        account = await accounts.create(
            work, email=email, is_verified=True, full_name="Old practice", roles=[Role.CLINIC]
        )
        token = await accounts.open_session(work, account.key)
    return Caller(house.client, token, account.user_id, account.key, email)


async def _said(answer: Awaitable[Response]) -> dict[str, Any]:
    """What a call answered that has to succeed."""
    found = await answer
    assert found.is_success, f"{found.request.method} {found.request.url}: {found.status_code} {found.text[:300]}"
    return dict(found.json()) if found.content and found.text[0] == "{" else {}
