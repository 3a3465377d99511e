"""Links with record systems in a provisioning file: `ehr` of an organization, `redox`, `xealth` of the installation."""

from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from openward.care import ehr, organizations
from openward.care.ehr import EHRSettings, Provider
from openward.care.errors import Invalid
from openward.care.work import OrganizationKey, Work
from openward.cli.provision.faults import Fault
from openward.cli.provision.shapes import Shape, record, secret, text, url


def _anything(value: Any, _path: str, _faults: list[Fault]) -> Any:
    return value


def _of(*names: str) -> Shape:
    """A mapping whose keys are known and whose values are checked with all the others; None may stand for it."""
    known = record({}, dict.fromkeys(names, _anything))
    return lambda value, path, faults: None if value is None else known(value, path, faults)


_KEYS = record(
    {},
    dict.fromkeys(("enabled", "sourceId", "mrnIdType", "provider"), _anything)
    | {
        "destinationIds": _of("flowsheet", "results", "notes"),
        "procedureCodes": _of(
            "enableSummaryReports", "disableSummaryReports", "createAccount", "createAccountAndEnableReports"
        ),
        "scheduledReports": _of("onUploadEnabled", "cadence", "onUploadNoteEventType"),
        "tags": _of("codes", "separator"),
        "flowsheets": _of("icode"),
        "notes": _of("includeGMI"),
    },
)


def settings(value: Any, path: str, faults: list[Fault]) -> EHRSettings | None:
    """The body of PUT /v1/clinics/{clinicId}/settings/ehr, checked as that operation does; an empty one says nothing.

    Unknown keys, which the operation ignores, are refused here as everywhere in the file.
    """
    if value == {}:
        return None
    before = len(faults)
    document = _KEYS(value, path, faults)
    if len(faults) == before:
        try:
            return ehr.read_settings(document)
        except Invalid as error:
            reason, _, place = error.detail.partition(" - at `$")
            faults.append(Fault(path + place.rstrip("`"), reason[:1].lower() + reason[1:]))
    return None


def _rsa_key(value: Any, path: str, faults: list[Fault]) -> Any:
    """A private key to sign with. A key in PEM has line ends, which a plain text must not have."""
    try:
        is_good = isinstance(load_pem_private_key(value.encode(), password=None), RSAPrivateKey)
    except (AttributeError, TypeError, ValueError, UnsupportedAlgorithm):
        is_good = False
    if not is_good:
        faults.append(Fault(path, "is not an RSA private key in PEM form without a password"))
    return value


REDOX: Shape = record(
    {},
    {
        "verification_token": secret(),
        "base_url": url,
        "client_id": text(),
        "key_id": text(),
        "private_key_pem": _rsa_key,
        "source_id": text(),
        "source_name": text(),
    },
)


XEALTH: Shape = record({}, {"base_url": url, "bearer_token": secret(), "client_id": text(), "client_secret": secret()})


def said(part: Mapping[str, Any] | None) -> dict[str, str]:
    """What a part of the file says, without the keys that it leaves out."""
    return {name: value for name, value in (part or {}).items() if value is not None}


async def put_settings(work: Work, key: OrganizationKey, wanted: EHRSettings | None) -> None:
    """Bring an organization's settings to those of the file."""
    if wanted is not None and (await organizations.get(work, key)).ehr != ehr.document_of(wanted):
        await ehr.put_settings(work, key, wanted)


async def put_link(work: Work, provider: Provider, wanted: Mapping[str, str]) -> None:
    """Bring the link with a record system to what the file says; what it leaves out stays."""
    if wanted:
        await ehr.put_link(work, provider, wanted)
