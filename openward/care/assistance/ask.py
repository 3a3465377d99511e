"""Programs ask for assistance at a device, look how it stands, and take it back."""

from collections.abc import Sequence
from dataclasses import replace

from openward.care import audit, identity, patients
from openward.care.assistance import request_store, store
from openward.care.assistance.model import Device, Request, Status, Way
from openward.care.errors import NotFound
from openward.care.identity import Kind
from openward.care.work import ActorKind, OrganizationKey, PersonKey, Work, new_key


async def ask(work: Work, organization: OrganizationKey, ways: Sequence[Way]) -> tuple[Request, bool]:
    """A request at the device that the first fitting way names, and whether it is new: a device has one open at most.

    `NotFound` when no way names a device. Whoever asks at the same time waits for the device and gets the same request.
    """
    device = await _device(work, organization, ways)
    if device is None or not await store.lock_device(work, device.key):
        raise NotFound("there is no such device")
    found = await request_store.find_open(work, device.key)
    is_new = found is None
    if found is None:
        person = await _who_lies(work, device)
        is_external = work.actor.kind is ActorKind.CLIENT
        found = Request(
            new_key(work), organization, device, person, Status.INCOMPLETE, None, is_external, work.now, None
        )
        await request_store.insert(work, found)
        await identity.mint(work, found.key, Kind.ASSISTANCE)
    _note(work, "write" if is_new else "read", found)
    return await _with_patient(work, found), is_new


async def find_open(work: Work, organization: OrganizationKey, ways: Sequence[Way]) -> Request:
    """The open request at the device; `NotFound` for no request, and for no device alike."""
    return await _open(work, organization, ways, "read")


async def cancel(work: Work, organization: OrganizationKey, ways: Sequence[Way]) -> None:
    """Take the open request back; `NotFound` as above."""
    device = await _device(work, organization, ways)
    if device is not None:
        await store.lock_device(work, device.key)
    found = await _open(work, organization, ways, "write")
    await request_store.close(work, found.key, Status.CANCELLED)


async def _open(work: Work, organization: OrganizationKey, ways: Sequence[Way], action: str) -> Request:
    device = await _device(work, organization, ways)
    found = None if device is None else await request_store.find_open(work, device.key)
    if found is None:
        raise NotFound("there is no open request")
    _note(work, action, found)
    return await _with_patient(work, found)


async def _device(work: Work, organization: OrganizationKey, ways: Sequence[Way]) -> Device | None:
    """The device that the first way with a result names."""
    for way in ways:
        found = await store.find_device(work, organization, way)
        if found is not None:
            return found
    return None


async def _who_lies(work: Work, device: Device) -> PersonKey | None:
    """The patient in the bed; nobody when the MRN is unknown, or shared: a wrong patient is worse than none."""
    mrn = device.settings.patient_mrn
    if not mrn:
        return None
    found = await patients.find(work, [device.organization], mrn=mrn, limit=2)
    return found[0].person if len(found) == 1 else None


async def _with_patient(work: Work, request: Request) -> Request:
    """With whoever lies there now, if nobody was known when the request was made."""
    if request.person is not None:
        return request
    return replace(request, person=await _who_lies(work, request.device))


def _note(work: Work, action: str, request: Request) -> None:
    audit.note(work, action, "assistance request", request.person, request.organization)
