"""Episodes of care."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from openward.care import documentation, episodes, identity, visits
from openward.care.episodes import Content, Episode, Status
from openward.care.errors import Fault, Invalid, NotFound
from openward.care.identity import System
from openward.care.visits import Appointment
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route, json_reply
from openward.wire.solo import addresses, schema
from openward.wire.solo.auth import practice
from openward.wire.solo.errors import bad

_AT_ONCE = 1000
_SENTENCES = {
    episodes.TYPE_UNKNOWN: ("type", schema.NOT_CHOICE),
    episodes.ENDS_TOO_SOON: ("to", "This value should not be before from."),
}


async def create_episode(work: Work, call: Call) -> Reply:
    """`POST /patients/{patient_id}/episodes`."""
    person = await addresses.patient(work, call)
    content = await _content(call)
    try:
        key = await episodes.create(work, practice(work), person, content)
    except Invalid as refused:
        raise _in_words(refused) from None
    return json_reply({"episodeId": await identity.name(work, key, System.SOLO)}, 201)


async def list_episodes(work: Work, call: Call) -> Reply:
    """`GET /patients/{patient_id}/episodes`."""
    found = await episodes.of_patient(work, practice(work), await addresses.patient(work, call))
    names = await identity.names(work, [episode.key for episode in found], System.SOLO)
    listed = [_written(names[one.key], one.content) | {"patientId": call.path["patient_id"]} for one in found]
    return json_reply({"episodes": listed})


async def get_episode(work: Work, call: Call) -> Reply:
    """`GET /episodes/{episode_id}`."""
    key = await addresses.episode(work, call.path["episode_id"])
    return json_reply(await encode(work, await episodes.get(work, practice(work), key)))


async def update_episode(work: Work, call: Call) -> Reply:
    """`PUT /episodes/{episode_id}`: all fields are replaced."""
    key = await addresses.episode(work, call.path["episode_id"])
    await episodes.get(work, practice(work), key)
    content = await _content(call)
    try:
        return json_reply(await encode(work, await episodes.update(work, practice(work), key, content)))
    except Invalid as refused:
        raise _in_words(refused) from None


async def list_visits(work: Work, call: Call) -> Reply:
    """`GET /episodes/{episode_id}/appointments`: the episode and all its visits, earliest first."""
    key = await addresses.episode(work, call.path["episode_id"])
    shown = await encode(work, await episodes.get(work, practice(work), key))
    found = await visits.of_episode(work, practice(work), key, limit=_AT_ONCE)
    if len(found) == _AT_ONCE:
        return Reply(body=_all_visits(work, key, shown, found))
    return json_reply({"episode": shown, "appointments": await _listed(work, shown["id"], found)})


async def _all_visits(
    work: Work, key: UUID, shown: Mapping[str, Any], found: list[Appointment]
) -> AsyncIterator[bytes]:
    """The same for an episode of any length: some visits after the others."""
    yield b'{"episode":' + msgspec.json.encode(shown) + b',"appointments":['
    is_first = True
    while found:
        written = msgspec.json.encode(await _listed(work, shown["id"], found))[1:-1]
        yield written if is_first else b"," + written
        is_first, last = False, found[-1]
        found = await visits.of_episode(work, practice(work), key, after=(last.starts_at, last.key), limit=_AT_ONCE)
    yield b"]}"


async def _listed(work: Work, episode: str, found: Sequence[Appointment]) -> list[dict[str, Any]]:
    keys = [visit.key for visit in found]
    names = await identity.names(work, keys, System.SAID)
    noted = await documentation.has_notes(work, keys)
    return [
        {
            "appointmentId": int(names[visit.key]),
            "date": int(visit.starts_at.timestamp()),
            "reasons": list(visit.reasons),
            "hasNotes": visit.key in noted,
            "episodeOfCareId": episode,
        }
        for visit in found
    ]


async def assign(work: Work, call: Call) -> Reply:
    """`PUT /appointments/{appointment_id}/episode/assign`: into an episode of the patient, or out of any."""
    key = await addresses.appointment(work, call.path["appointment_id"])
    visit = await visits.get(work, practice(work), key)
    body = await call.json(optional=True)
    wanted = schema.checked({} if body is None else body, "EpisodeAssign").get("episodeId")
    try:
        gained = None if wanted is None else await addresses.episode(work, wanted)
        if gained is not None:
            await episodes.require(work, practice(work), visit.person, gained)
    except NotFound:
        raise bad("episodeId", "Episode not found.") from None
    lost = await visits.set_episode(work, practice(work), key, gained)
    if lost != gained:
        episodes.touched(work, practice(work), [lost, gained])
    return json_reply([])


async def encode(work: Work, episode: Episode) -> dict[str, Any]:
    """One episode as its own page shows it."""
    name = await identity.name(work, episode.key, System.SOLO)
    number = await identity.name(work, episode.person, System.SPID)
    external = await identity.names(work, [episode.person], System.PRACTICE_PATIENT, episode.organization)
    patient = {"soloPatientId": int(number), "externalPatientId": external.get(episode.person, number)}
    return _written(name, episode.content) | patient


def _written(name: str, content: Content) -> dict[str, Any]:
    return {
        "id": name,
        "name": content.name,
        "from": content.begins_on.isoformat(),
        "to": content.ends_on.isoformat() if content.ends_on else None,
        "type": content.type,
        "status": content.status.value,
        "objective": content.objective,
        "reasonIncomplete": content.reason_incomplete,
    }


async def _content(call: Call) -> Content:
    """The body; its status may be written in any case."""
    body = await call.json()
    if isinstance(body, dict) and isinstance(body.get("status"), str) and body["status"].isascii():
        body = {**body, "status": body["status"].upper()}
    given: Mapping[str, Any] = schema.checked(body, "EpisodeWrite")
    last = given.get("to")
    return Content(
        name=given["name"],
        type=given["type"],
        status=Status(given["status"].lower()),
        begins_on=date.fromisoformat(given["from"]),
        ends_on=None if last is None else date.fromisoformat(last),
        objective=given.get("objective"),
        reason_incomplete=given.get("reasonIncomplete"),
    )


def _in_words(refused: Invalid) -> Invalid:
    """What care refuses, by the fields of this system."""
    return Invalid([Fault(one.code, *_SENTENCES[one.code]) for one in refused.faults])


ROUTES = [
    Route("POST", "/qapi/v1/patients/{patient_id}/episodes", create_episode, "solo.v1:createEpisode"),
    Route("GET", "/qapi/v1/patients/{patient_id}/episodes", list_episodes, "solo.v1:listPatientEpisodes"),
    Route("GET", "/qapi/v1/episodes/{episode_id}", get_episode, "solo.v1:getEpisode"),
    Route("PUT", "/qapi/v1/episodes/{episode_id}", update_episode, "solo.v1:updateEpisode"),
    Route("GET", "/qapi/v1/episodes/{episode_id}/appointments", list_visits, "solo.v1:listEpisodeAppointments"),
    Route("PUT", "/qapi/v1/appointments/{appointment_id}/episode/assign", assign, "solo.v1:assignEpisode"),
]
