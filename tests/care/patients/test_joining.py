"""Two patients become one: everything of the record follows, by the catalog of the database."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from openward.care import accounts, identity, organizations, patients, reactions
from openward.care.errors import CareError
from openward.care.identity import Identifier, System
from openward.care.organizations import Profile
from openward.care.patients import Demographics, HumanName
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.gateway.request import finish

pytestmark = pytest.mark.anyio

# Every column that holds the key of a person. A new one: let it follow `PatientsJoined` (care/reactions.py), or say
# here why it need not.
FOLLOWS = "follows"
COLUMNS = {
    "accounts.access.person": "ends with the account",
    "accounts.account.created_by": "history: staff or the person himself",
    "accounts.account.deleted_by": "history",
    "accounts.account.modified_by": "history",
    "accounts.account.person": "buried: the key and nothing else",
    "accounts.confirmation.creator": FOLLOWS,
    "accounts.confirmation.person": FOLLOWS,
    "accounts.device_token.person": "ends with the account",
    "accounts.document.person": FOLLOWS,
    "accounts.oauth_client.person": "staff",
    "accounts.oauth_code.person": "ends with the account",
    "accounts.restricted_token.person": FOLLOWS,
    "accounts.session.person": "ends with the account",
    "accounts.sharing.grantee": FOLLOWS,
    "accounts.sharing.owner": FOLLOWS,
    "assistance.request.assigned_to": "staff",
    "assistance.request.person": FOLLOWS,
    "audit.cohort.patients": "history: looked for by former keys, too",
    "audit.entry.actor": "history: looked for by former keys, too",
    "audit.entry.patient": "history: looked for by former keys, too",
    "audit.subject.patient": "history: looked for by former keys, too",
    "calendar.attendee.participant": FOLLOWS,
    "calendar.event.owner": FOLLOWS,
    "coaching.plan.person": FOLLOWS,
    "connections.session.person": FOLLOWS,
    "connections.source.person": FOLLOWS,
    "connections.task.person": FOLLOWS,
    "consents.record.person": FOLLOWS,
    "consults.consult.person": FOLLOWS,
    "conversations.message.author": FOLLOWS,
    "conversations.message.person": FOLLOWS,
    "devicedata.batch.created_by": "history: who uploaded",
    "devicedata.subject.person": FOLLOWS,
    "documentation.answer.answered_by": FOLLOWS,
    "documentation.attachment.person": FOLLOWS,
    "documentation.comment.author": FOLLOWS,
    "documentation.document.person": FOLLOWS,
    "documentation.note.person": FOLLOWS,
    "ehr.delivery.person": FOLLOWS,
    "ehr.feed_message.person": FOLLOWS,
    "ehr.feed_patient.person": FOLLOWS,
    "ehr.matched_message.person": FOLLOWS,
    "ehr.message.person": FOLLOWS,
    "ehr.subscription.person": FOLLOWS,
    "ehr.sync_task.person": FOLLOWS,
    "ehr.xealth_view.person": FOLLOWS,
    "episodes.episode.person": FOLLOWS,
    "files.file.person": FOLLOWS,
    "identity.identifier.entity": FOLLOWS,
    "identity.person.entity": FOLLOWS,
    "notices.message.person": FOLLOWS,
    "notices.message.receiver": FOLLOWS,
    "notices.message.sender": FOLLOWS,
    "observations.observation.created_by": "follows on his own, others are staff",
    "observations.observation.person": FOLLOWS,
    "organizations.archive.deleted_by": "staff",
    "organizations.member.person": "staff: refused",
    "patients.activity.person": FOLLOWS,
    "patients.archive.deleted_by": "staff",
    "patients.archive.person": FOLLOWS,
    "patients.coached_by.person": FOLLOWS,
    "patients.demographics.person": "goes with its enrolment",
    "patients.enrolment.invited_by": "staff",
    "patients.enrolment.person": "archived, and gone",
    "patients.group_place.person": FOLLOWS,
    "patients.identifier.person": FOLLOWS,
    "patients.invitation.person": FOLLOWS,
    "patients.joined.gone": "this is what it keeps",
    "patients.joined.kept": FOLLOWS,
    "prescriptions.prescription.created_by": "staff",
    "prescriptions.prescription.modified_by": "staff",
    "prescriptions.prescription.person": FOLLOWS,
    "prescriptions.prescription.prescriber": "staff",
    "prescriptions.revision.created_by": "staff",
    "rewards.activation.person": FOLLOWS,
    "roster.entry.person": "leaves the list",
    "roster.figures.person": "leaves the list",
    "roster.label.person": "leaves the list",
    "roster.summary.person": "computed anew",
    "subscriptions.delivery.subject": FOLLOWS,
    "summaries.day.person": "computed anew",
    "summaries.mark.person": "computed anew",
    "summaries.summary.person": "computed anew",
    "surveys.answer.person": FOLLOWS,
    "surveys.entry.answered_by": FOLLOWS,
    "surveys.profile.person": FOLLOWS,
    "transfers.merge.by_person": "staff",
    "transfers.migrated.patient": FOLLOWS,
    "transfers.migration.person": "staff",
    "usage.event.person": FOLLOWS,
    "visits.appointment.person": FOLLOWS,
    "visits.provider.person": "staff",
    "visits.staff.person": "staff",
}
# What other columns of such a type hold.
_WORDS = """
account action activation appointment bundle call came_with completed_by device digest earning enrolment entries entry
episode event family feed geolocation_id groups guid holder id key label lease location member message note number
organization origin page parent patient_group plan practice prescription previous profile program question
queue_manager_id record reward room rooms root scope session sites source subscription tags target task template
updated_by user_id
"""
OTHERS = frozenset(_WORDS.split())
# Members of an organization, in columns that elsewhere hold people.
_MEMBERS = {
    "calendar.event.created_by",
    "coaching.action.created_by",
    "coaching.bundle.created_by",
    "coaching.result.created_by",
}
_STAYS = {"accounts.account", "audit.cohort", "audit.entry", "audit.subject", "patients.joined"}


async def _columns(work: Work) -> dict[str, list[str]]:
    """Table to its columns that hold keys."""
    rows = await work.tx.fetch(
        "select n.nspname || '.' || c.relname as place, array_agg(a.attname::text) names from pg_attribute a"
        " join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace"
        " where a.atttypid in ('uuid'::regtype, 'uuid[]'::regtype) and not attisdropped and relkind in ('r', 'p')"
        " and not relispartition and nspname not in ('pg_catalog', 'information_schema') group by 1"
    )
    return {row["place"]: row["names"] for row in rows}


async def test_every_column_with_a_person_has_its_place(work: Work) -> None:
    found = {f"{table}.{name}" for table, names in (await _columns(work)).items() for name in names}
    of_people = {place for place in found if place.rpartition(".")[2] not in OTHERS} - _MEMBERS
    assert of_people | {"identity.identifier.entity"} == set(COLUMNS)


async def _two(work: Work) -> tuple[OrganizationKey, PersonKey, PersonKey]:
    place = await organizations.create(work, Profile(name="Willow"), admin=None)
    gone = await patients.register(
        work, place.key, Demographics((HumanName("usual", given="Ann", family="Li"),), mrn="A")
    )
    kept = await patients.register(
        work, place.key, Demographics((HumanName("usual", given="Anne", family="Lee"),), mrn="B")
    )
    return place.key, gone.person, kept.person


_VALUES: dict[str, Any] = {
    "text": "'x'",
    "timestamp with time zone": "now()",
    "timestamp without time zone": "now()",
    "date": "current_date",
    "integer": "1",
    "smallint": "1",
    "bigint": "1",
    "boolean": "false",
    "jsonb": "'{}'",
    "bytea": "gen_random_uuid()::text::bytea",
    "numeric": "1",
    "double precision": "1",
    "uuid": "gen_random_uuid()",
    "text[]": "'{}'",
    "uuid[]": "'{}'",
    "date[]": "'{}'",
    "double precision[]": "'{}'",
}
# Where a check or a unique name asks for something in particular.
_SPECIAL = {
    "accounts.confirmation.type": "'careteam_invitation'",
    "accounts.confirmation.status": "'pending'",
    "accounts.confirmation.handle": "gen_random_uuid()::text",
    "accounts.document.collection": "'settings'",
    "accounts.sharing.permissions": "'{view}'",
    "calendar.attendee.is_coach": "false",
    "connections.source.state": "'disconnected'",
    "connections.session.id": "gen_random_uuid()::text",
    "connections.session.external_id": "gen_random_uuid()::text",
    "consents.record.status": "'active'",
    "documentation.answer.response": "'{x}'",
    "ehr.message.name": "gen_random_uuid()::text",
    "ehr.sync_task.name": "gen_random_uuid()::text",
    "ehr.sync_task.state": "'due'",
    "ehr.message.provider": "'redox'",
    "ehr.subscription.provider": "'redox'",
    "ehr.matched_message.provider": "'redox'",
    "ehr.feed_message.control_id": "gen_random_uuid()::text",
    "files.file.kind": "'blob'",
    "identity.identifier.value": "gen_random_uuid()::text",
    "patients.identifier.value": "gen_random_uuid()::text",
    "roster.figures.scope": "'cgm14d'",
    "subscriptions.delivery.topic": "'patient:updated'",
    "surveys.entry.id": "gen_random_uuid()::text",
    "transfers.migrated.outcome": "'moved'",
    "usage.event.name": "'x'",
}


async def _fill(work: Work, table: str, column: str, person: UUID, shared: dict[str, str]) -> None:
    """A row that names this person; all keys beside are those of `shared`, so that two people's rows would clash."""
    rows = await work.tx.fetch(
        "select attname::text as name, format_type(atttypid, atttypmod) as type, attidentity::text as counted,"
        " attnotnull and not atthasdef as is_needed from pg_attribute where attrelid = $1::regclass and attnum > 0"
        " and not attisdropped",
        table,
    )
    keys = await work.tx.fetchval(
        "select array_agg(a.attname::text) from pg_index i join pg_attribute a on a.attrelid = i.indrelid"
        " and a.attnum = any(i.indkey) where i.indrelid = $1::regclass and i.indisprimary",
        table,
    )
    values = {}
    for row in rows:
        place = f"{table}.{row['name']}"
        if row["name"] == column:
            values[column] = f"'{person}'"
        elif place in _SPECIAL:
            values[row["name"]] = _SPECIAL[place]
        elif row["counted"] not in ("", "\x00"):
            continue
        elif row["is_needed"]:
            is_own = keys == [row["name"]] and row["type"] == "uuid"
            common = shared.get(row["name"]) if row["type"] == "uuid" and not is_own else None
            values[row["name"]] = common or _VALUES[row["type"]]
    await work.tx.execute(
        f"insert into {table} ({', '.join(values)}) values ({', '.join(values.values())}) on conflict do nothing"
    )


async def _drop_references(work: Work) -> None:
    """Rows may name what is not there, as long as this work lasts; but what is described goes with its enrolment."""
    rows = await work.tx.fetch(
        "select conrelid::regclass::text place, quote_ident(conname) conname from pg_constraint"
        " where contype in ('f', 'c') and conrelid <> 0 and conparentid = 0"
        " and conrelid <> 'patients.demographics'::regclass"
    )
    for row in rows:
        await work.tx.execute(f"alter table {row['place']} drop constraint {row['conname']}")


@pytest.mark.parametrize("has_both", [False, True], ids=["one", "both"])
async def test_nothing_is_left_behind(work: Work, has_both: bool) -> None:
    place, gone, kept = await _two(work)
    await finish(work)
    for noted in (work.recorded, work.tasks, work.audited):
        noted.clear()
    shared = {name: f"'{uuid4()}'" for name in OTHERS} | {"organization": f"'{place}'"}
    shared |= dict.fromkeys(("guid", "family", "enrolment", "record"), _VALUES["uuid"])
    await _drop_references(work)
    for name in (name for name, what in COLUMNS.items() if what == FOLLOWS):
        table, _, column = name.rpartition(".")
        for person in (gone, kept) if has_both else (gone,):
            await _fill(work, table, column, person, shared)
    assert await patients.join_patients(work, place, gone, kept) == kept
    await reactions.react(work)
    left = []
    for table, columns in (await _columns(work)).items():
        for column in columns:
            found = await work.tx.fetchval(f"select count(*) from {table} where $1 = any(array[{column}])", gone)
            if found and table not in _STAYS:
                left.append(f"{table}.{column}")
    assert left == []


async def test_names_of_both_lead_to_the_one_who_stays(work: Work) -> None:
    place, gone, kept = await _two(work)
    old_id = await identity.name(work, gone, System.USER)
    new_id = await identity.name(work, kept, System.USER)
    await patients.join_patients(work, place, gone, kept)
    await finish(work)
    for name in (
        Identifier(System.USER, old_id),
        Identifier(System.MRN, "A", place),
        Identifier(System.MRN, "B", place),
    ):
        assert await identity.resolve(work, name) == kept
    assert await identity.name(work, kept, System.USER) == new_id
    assert (await patients.get(work, place, kept)).full_name == "Anne Lee"
    assert (await patients.count(work, place)).total == 1
    assert await patients.former_people(work, kept) == [gone]
    assert await patients.join_patients(work, place, kept, kept) == kept


async def test_an_account_with_a_login_stays(work: Work) -> None:
    place, gone, kept = await _two(work)
    await work.tx.execute("update accounts.account set password = 'x', email = 'a@example.org' where person = $1", gone)
    assert await patients.join_patients(work, place, gone, kept) == gone
    await finish(work)
    found = await patients.described(work, place, gone)
    assert (patients.display_name(found.names), found.mrn) == ("Anne Lee", "B")
    assert await identity.resolve(work, Identifier(System.MRN, "A", place)) == gone
    assert (await accounts.get(work, gone)).email == "a@example.org"


@pytest.mark.parametrize("why", ["both-have-logins", "known-elsewhere", "is-staff"])
async def test_somebody_has_to_decide(work: Work, why: str) -> None:
    place, gone, kept = await _two(work)
    if why == "both-have-logins":
        await work.tx.execute("update accounts.account set password = 'x' where person = any($1)", [gone, kept])
    elif why == "is-staff":
        await organizations.add_member(
            work, place, person=gone, email="s@example.org", roles=(organizations.Role.MEMBER,)
        )
    else:
        other = await organizations.create(work, Profile(name="Oak"), admin=None)
        await patients.enrol(work, other.key, kept, patients.Joining(permissions=frozenset({patients.Permission.VIEW})))
    with pytest.raises(CareError) as caught:
        await patients.join_patients(work, place, gone, kept)
    assert caught.value.code == why


async def test_device_data_go_over(work: Work) -> None:
    place, gone, kept = await _two(work)
    for person in (gone, kept):
        subject = await work.tx.fetchval("insert into devicedata.subject (person) values ($1) returning key", person)
        data_set = await work.tx.fetchval(
            "insert into devicedata.data_set"
            " (subject, name, id, type, is_older_uploads, is_active, deduplicator, time, created_at, modified_at,"
            " organization, body)"
            " values ($1, $2, $2, 'normal', true, true, '', $3, $3, $3, $4, '{}') returning key",
            subject,
            str(uuid4()),
            work.now,
            place,
        )
        await work.tx.execute(
            "insert into devicedata.datum (time, value, data_set, ordinal, subject, kind, shape)"
            " select $1, 5.5, $2, n, $3, 1, 1 from generate_series(1, 10) n",
            work.now,
            data_set,
            subject,
        )
    await patients.join_patients(work, place, gone, kept)
    await reactions.react(work)
    found = await work.tx.fetchrow(
        "select count(*), count(distinct d.data_set) sets, count(distinct s.organization) own from devicedata.datum d"
        " join devicedata.data_set s on s.key = d.data_set and s.subject = d.subject"
        " join devicedata.subject u on u.key = d.subject and u.person = $1",
        kept,
    )
    assert tuple(found) == (20, 2, 1)
    assert await work.tx.fetchval("select count(*) from devicedata.subject where person = $1", gone) == 0
    assert await work.tx.fetchval("select count(*) from summaries.mark where person = $1", kept) == 1
