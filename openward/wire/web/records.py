"""The audit, searchable: who read or wrote whose record, when, from where, by which credential."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from openward.care import accounts, audit, identity, organizations, patients
from openward.care.errors import Invalid, NotAllowed
from openward.care.identity import Identifier, System
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import form_token
from openward.wire.web.page import render_template
from openward.wire.web.viewer import Place, places_of, viewer

_PAGE = 100


async def show(work: Work, call: Call) -> Reply:
    """Entries of the viewer's clinic (its admins only); operators see all."""
    asked = call.query
    head = await viewer(work, call)
    organization: OrganizationKey | None = None
    place: Place | None = None
    if not head.is_operator:
        places = await places_of(work, call, head)
        # Whoever administers one clinic and works in another is not led to the one that he may not audit.
        place = (
            next((one for one in places if one.member.is_admin), places[0]) if not asked.get("clinic") else places[0]
        )
        if not place.member.is_admin:
            raise NotAllowed("the audit is for the administrators of a clinic")
        organization = place.clinic.key
    patient = await _person(work, asked.get("patient", ""))
    query = audit.Query(
        patient=patient,
        former=tuple(await patients.former_people(work, patient)) if patient else (),
        actor=await _person(work, asked.get("actor", "")),
        organization=organization,
        action=asked.get("action") or None,
        since=_day(asked.get("since", "")),
        until=_after(_day(asked.get("until", ""))),
    )
    found = await audit.search(work, query, limit=_PAGE, before=_place_in_time(asked.get("before", "")))
    people = {PersonKey(key) for entry in found for key in (entry.patient, entry.actor) if key is not None}
    names = await identity.names(work, list(people), System.USER)
    known = await accounts.get_many(work, list(people))
    clinics = await organizations.get_many(
        work, list({OrganizationKey(entry.organization) for entry in found if entry.organization})
    )
    values = {
        "viewer": head,
        "place": place,
        "form_token": form_token(work, call),
        "asked": {name: asked.get(name, "") for name in ("patient", "actor", "action", "since", "until")},
        "entries": found,
        "user_id": names,
        "email": {key: account.email for key, account in known.items()},
        "clinic": {key: one.profile.name for key, one in clinics.items()},
        "older": f"{found[-1].at.isoformat()} {found[-1].key}" if len(found) == _PAGE else None,
    }
    return render_template("records.html", values)


async def _person(work: Work, text: str) -> PersonKey | None:
    """A user id or an e-mail address as typed; an unknown one finds nothing rather than everything."""
    text = text.strip()
    if not text:
        return None
    account = await accounts.by_email(work, text) if "@" in text else None
    if account is not None:
        return account.key
    key = await identity.find(work, Identifier(System.USER, text))
    if key is None:
        raise Invalid("nobody has this address or user id")
    return PersonKey(key)


def _day(text: str) -> datetime | None:
    return _moment(f"{text}T00:00:00+00:00") if text else None


def _after(day: datetime | None) -> datetime | None:
    return day + timedelta(days=1) if day else None


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("a date is written like 2026-03-10") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _place_in_time(text: str) -> tuple[datetime, UUID] | None:
    """Where the page before this one ended, as its link wrote it: a time, a space, the key of an entry."""
    written, _, key = text.partition(" ")
    at = _moment(written)
    if at is None:
        return None
    try:
        return at, UUID(key)
    except ValueError:
        raise Invalid("the link to older entries is broken") from None


ROUTES = [Route("GET", "/records", show, is_documented=False)]
