"""Partner clouds in a provisioning file: where they are, who we are there, and what differs from their own policy."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from openward.care import connections
from openward.care.connections.policy import overridden
from openward.care.errors import Invalid
from openward.care.work import Work
from openward.cli.provision.faults import Fault
from openward.cli.provision.shapes import Shape, by_name, clock, list_of, one_of, record, secret, text, url, zone
from openward.partners import PARTNERS as KNOWN


def _base(value: Any, path: str, faults: list[Fault]) -> Any:
    """An address to put paths behind; without a name and a password, which would stand open in the database."""
    before = len(faults)
    base = url(value, path, faults)
    if len(faults) == before and re.search(r"[?#@\\]", base):
        faults.append(Fault(path, "must be an address such as https://example.org/eu, without name, ? and #"))
    return base


_PAUSE = record({"from": clock, "to": clock}, {"timezone": zone})
_SHAPE = record(
    {
        "name": one_of(*(partner.name for partner in KNOWN)),
        "base_url": _base,
        "client_id": text(),
        "client_secret": secret(),
    },
    {"policy": lambda value, _path, _faults: value},
)
_STEP = re.compile(r"/(\w+)")


def _partner(value: Any, path: str, faults: list[Fault]) -> Any:
    """One partner; its policy is checked together with what the partner's own code says."""
    before = len(faults)
    made = _SHAPE(value, path, faults)
    if made.get("policy") is not None and made.get("name") in {partner.name for partner in KNOWN}:
        _check_policy(made["name"], made["policy"], f"{path}.policy", faults)
    return made if len(faults) == before else {"name": None, **made}


def _check_policy(name: str, given: Any, path: str, faults: list[Fault]) -> None:
    if not isinstance(given, Mapping):
        faults.append(Fault(path, "must be a mapping"))
        return
    before = len(faults)
    if given.get("pause") is not None:
        _PAUSE(given["pause"], f"{path}.pause", faults)
    if len(faults) > before:
        return
    own = next(partner.policy for partner in KNOWN if partner.name == name)
    try:
        overridden(own, given)
    except Invalid as error:
        faults += [_located(fault.pointer, fault.detail or fault.code, path) for fault in error.faults]


def _located(pointer: str, reason: str, path: str) -> Fault:
    """The fault in the words of this file: a pointer, or the place that stands at the end of a reason."""
    reason, _, place = reason.partition(" - at `$")
    return Fault(path + _STEP.sub(r".\1", pointer) + place.rstrip("`"), reason[:1].lower() + reason[1:])


PARTNERS: Shape = list_of(_partner, unique=by_name, what="name")


async def put_partners(work: Work, wanted: Sequence[Mapping[str, Any]]) -> None:
    """Bring the partners to what the file says; others stay as they are."""
    for one in wanted:
        await connections.put_partner(
            work, one["name"], one["base_url"], one["client_id"], one["client_secret"], one["policy"]
        )
