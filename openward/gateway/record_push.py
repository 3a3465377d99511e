"""Pushing to record systems: a job makes the messages of a push, another posts one; the call lies between two Works."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
import structlog

from openward.care import audit, ehr, organizations, patients, reports, roster, summaries
from openward.care.ehr import Answered, Claimed, Figures, Head, Kind, Note, Provider, Push, RecordSystem
from openward.care.errors import NotFound
from openward.care.organizations import Organization
from openward.care.patients import Enrolment
from openward.care.work import Actor, ActorKind, Origin, Work
from openward.gateway.measure import RECORD_MESSAGES, REPORT_SECONDS
from openward.gateway.request import Gate, finish
from openward.infra.http import open_session

log = structlog.get_logger("openward.ehr")
AT_ONCE: Final = 2
"""Reports that one process makes at a time: more would wait for one another, each with all the data in hand."""
_DAYS: Final = 14
_PERIOD: Final = "14d"
_MGDL_PER_MMOL: Final = 18.01559


async def push_job(work: Work, data: Mapping[str, Any]) -> None:
    """Make the messages of a push, or say why there are none; a second run finds it made."""
    push = await ehr.begin_push(work, UUID(data["task"]))
    if push is None:
        return
    if await summaries.refresh(work, push.person):
        # What clinics see of it changes when this work ends: look again then.
        work.tasks.append(ehr.pushing(push.key))
        return
    kept = (await roster.summaries(work, [push.person])).get(push.person, {})
    stats = {kind.value: msgspec.json.decode(document) for kind, document in kept.items()}
    reason = _nothing_new(push, stats, work.tools.record_system)
    if reason is None and not await _put_messages(work, push, stats):
        reason = "no-data"
    if reason is None:
        await ehr.sending(work, push.key, _newest_upload(stats))
    else:
        await ehr.skip(work, push.key, reason)


def _nothing_new(push: Push, stats: Mapping[str, Any], system: RecordSystem) -> str | None:
    """Tidepool: without an upload after the push before (or the order, for the first one) nothing is sent."""
    if push.is_order:
        return None
    # A clock that is ahead must not silence the reports: an order is no younger than its arrival.
    since = push.since or min(system.ordered_at(push.order) or push.ordered_at, push.ordered_at)
    newest = _newest_upload(stats)
    if newest is None or newest <= since:
        return "no-upload"
    return "covered" if push.reported is not None and newest <= push.reported else None


def _newest_upload(stats: Mapping[str, Any]) -> datetime | None:
    uploads = (_moment(one, "lastUploadDate") for one in stats.values())
    return max((found for found in uploads if found is not None), default=None)


def _moment(stats: Mapping[str, Any], name: str) -> datetime | None:
    said = (stats.get("dates") or {}).get(name)
    try:
        found = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo is not None else found.replace(tzinfo=UTC)


async def _put_messages(work: Work, push: Push, stats: Mapping[str, Any]) -> bool:
    """Queue the flowsheet and the note; False when there are no figures at all."""
    system: RecordSystem = work.tools.record_system
    where = push.settings.destination_ids
    organization = await organizations.get(work, push.organization)
    units: reports.Units = "mmol/L" if organization.profile.preferred_units == "mmol/L" else "mg/dL"
    if where is None:
        return False
    link = await ehr.link(work, Provider.REDOX)
    figures = Figures(stats, units, push.settings.flowsheets.icode)

    def head(kind: Kind, destination: str) -> Head:
        return Head(link, push.order, destination, push.document, work.now, ehr.number_of(push.key, kind.value))

    sheet = system.flowsheet(head(Kind.FLOWSHEET, where.flowsheet), figures)
    if sheet is None:
        return False
    enrolment = await patients.peek(work, push.organization, push.person)
    if enrolment is None:
        return False
    pdf = await _pdf(work, organization, enrolment, stats, units)
    gmi = _number(_period(stats, "cgm"), "glucoseManagementIndicator")
    note = Note(pdf, gmi if push.settings.notes.include_gmi else None, push.replaces)
    letter = system.notes(head(Kind.NOTES, where.notes), note)
    audit.note(work, "read", "ehr-report", push.person, push.organization)
    for kind, body, replaces in ((Kind.FLOWSHEET, sheet, None), (Kind.NOTES, letter, push.replaces)):
        await ehr.put_message(
            work,
            push.organization,
            push.person,
            push.message,
            push.key,
            kind,
            push.document,
            body,
            replaces=replaces,
        )
    return True


async def _pdf(
    work: Work, organization: Organization, enrolment: Enrolment, stats: Mapping[str, Any], units: reports.Units
) -> bytes:
    """The report of the last 14 days of data, which end with the newest reading of either kind."""
    last = [found for one in stats.values() if (found := _moment(one, "lastData")) is not None]
    end = min(max(last, default=work.now), work.now)
    zone = await reports.zone_of(work, enrolment.person, organization.profile.timezone)
    born = enrolment.birth_date
    about = reports.Person(
        name=enrolment.full_name,
        birth_date=None if born is None else born.isoformat(),
        mrn=enrolment.mrn,
        clinic=organization.profile.name,
    )
    window = reports.Window(
        _DAYS, end.astimezone(zone).date(), zone, units, reports.preset_of(enrolment.glycemic_ranges)
    )
    with REPORT_SECONDS.time():
        report = await reports.gather(work, enrolment.person, about, window, organization=organization.key)
        report = replace(report, kept=kept_figures(stats, units))
        return await reports.render_pooled(report, reports.paper_of(zone))


_SHARES: Final = (
    ("timeInVeryHighPercent", "Very high"),
    ("timeInHighPercent", "High"),
    ("timeInTargetPercent", "In target"),
    ("timeInLowPercent", "Low"),
    ("timeInVeryLowPercent", "Very low"),
)


def kept_figures(stats: Mapping[str, Any], units: reports.Units) -> tuple[tuple[str, str], ...]:
    """What a summary says, as printed where there is no reading: sensor figures, else those of the meter."""
    kind = "cgm" if _period(stats, "cgm") else "bgm"
    period = _period(stats, kind)
    found = [(words, f"{value * 100:.0f} %") for name, words in _SHARES if (value := _number(period, name)) is not None]
    average, gmi = _number(period, "averageGlucoseMmol"), _number(period, "glucoseManagementIndicator")
    variation, use = _number(period, "coefficientOfVariation"), _number(period, "timeCGMUsePercent")
    if average is not None:
        shown = f"{average:.1f}" if units == "mmol/L" else f"{average * _MGDL_PER_MMOL:.0f}"
        found.append(("Mean glucose", f"{shown} {units}"))
    if gmi is not None:
        found.append(("Glucose management indicator (GMI)", f"{gmi:.1f} %"))
    if variation is not None:
        found.append(("Variability (CV)", f"{variation * 100:.0f} %"))
    if use is not None:
        found.append(("Time sensor active", f"{use * 100:.0f} %"))
    return tuple(found)


def _period(stats: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    period: Mapping[str, Any] = ((stats.get(kind) or {}).get("periods") or {}).get(_PERIOD) or {}
    return period


def _number(period: Mapping[str, Any], name: str) -> float | None:
    found = period.get(name)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


@asynccontextmanager
async def _work(gate: Gate) -> AsyncIterator[Work]:
    async with gate.pool.acquire() as connection, connection.transaction():
        actor = Actor(ActorKind.SERVICE, credential=f"job:{ehr.DELIVER}")
        work = Work(connection, actor, gate.now(), gate.tools, uuid4().hex, Origin("", f"JOB {ehr.DELIVER}"))
        yield work
        await finish(work)


async def deliver_job(gate: Gate, data: Mapping[str, Any]) -> None:
    """Post one message to its record system, unless it was taken, somebody else is at it, or it is not its turn."""
    key = UUID(data["delivery"])
    system: RecordSystem = gate.tools.record_system
    async with _work(gate) as work:
        claimed = await ehr.claim(work, key)
        if claimed is None:
            return
        link = await ehr.link(work, Provider.REDOX)
        body = claimed.body or await _result(work, claimed, link)
        token = await ehr.kept_token(work, link)
    if body is None:
        answered, fresh = Answered(is_taken=False, reason="not-linked", is_final=True), None
    else:
        async with open_session(allow_private=gate.settings.webhooks_allow_private) as http:
            answered, fresh = await system.send(http, link, token, body, gate.now())
    RECORD_MESSAGES.labels(claimed.delivery.kind.value, "taken" if answered.is_taken else answered.reason or "").inc()
    async with _work(gate) as work:
        if fresh is not None:
            await ehr.put_token(work, link, fresh)
        await ehr.settle(work, key, answered)


async def _result(work: Work, claimed: Claimed, link: Mapping[str, str]) -> bytes | None:
    """Make the answer to an order now that it is sent for the first time; None when there is nowhere to send it."""
    one = claimed.delivery
    try:
        settings = ehr.settings_of(await organizations.get(work, one.organization))
    except NotFound:
        return None
    if settings is None or not settings.enabled or settings.destination_ids is None or claimed.verdict is None:
        return None
    results = settings.destination_ids.results
    head = Head(link, claimed.order, results, one.document, work.now, ehr.number_of(one.key))
    body: bytes = work.tools.record_system.results(head, claimed.verdict)
    await ehr.put_body(work, one.key, body)
    return body
