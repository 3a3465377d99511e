"""Every table that refers to an organization has its place in a merge."""

import pytest

from openward.care.work import Work

pytestmark = pytest.mark.anyio

# A new table that refers to an organization: let it follow `OrganizationsMerged` (care/reactions.py), or say here why
# it need not. What is listed as history keeps the organization that it was written for.
PLACES = {
    "accounts.api_key": "moves: accounts.move_api_keys",
    "accounts.client": "moves: accounts.move_clients",
    "accounts.confirmation": "moves: accounts.move_confirmations",
    "assistance.device": "moves: assistance.move",
    "assistance.location": "moves: assistance.move",
    "assistance.request": "moves: assistance.move",
    "accounts.linking_secret": "moves: accounts.move_linking_secrets",
    "audit.entry": "history",
    "calendar.event": "moves: calendar.move",
    "coaching.plan": "moves: coaching.move, with all that hangs from it",
    "consults.consult": "moves: consults.move",
    "devicedata.data_set": "moves: devicedata.move_sets",
    "documentation.attachment": "moves: documentation.move",
    "documentation.document": "moves: documentation.move",
    "documentation.note": "moves: documentation.move",
    "documentation.template": "moves: documentation.move",
    "ehr.cadence": "begins anew for the target",
    "ehr.delivery": "moves: ehr.move",
    "ehr.feed": "moves: ehr.feed.move",
    "ehr.feed_message": "moves: ehr.feed.move",
    "ehr.feed_patient": "moves: ehr.feed.move",
    "ehr.feed_visit": "moves: ehr.feed.move",
    "ehr.matched_message": "moves with its subscription",
    "ehr.message": "moves: ehr.move",
    "ehr.subscription": "moves: ehr.move",
    "ehr.sync_task": "moves: ehr.move",
    "ehr.xealth_preorder": "forms half filled in for a record system that leads nowhere now; swept when old",
    "ehr.xealth_view": "history: looks from the record system of the source",
    "episodes.episode": "moves: episodes.move",
    "episodes.episode_type": "moves: episodes.move",
    "notices.message": "moves: notices.move",
    "observations.observation": "moves: observations.move",
    "observations.tally": "moves: observations.move",
    "organizations.archive": "history",
    "organizations.patient_group": "moves: organizations.take_groups",
    "organizations.member": "moves: organizations.take_members",
    "organizations.site": "moves: organizations.take_labels",
    "organizations.tag": "moves: organizations.take_labels",
    "patients.activity": "moves: patients.take_over",
    "patients.archive": "history",
    "patients.coached_by": "moves: patients.take_over",
    "patients.demographics": "moves with its enrolment, by its foreign key",
    "patients.enrolment": "moves: patients.take_over",
    "patients.group_place": "moves: patients.move_groups",
    "patients.identifier": "moves: patients.take_over",
    "patients.joined": "moves: patients.move_joined",
    "patients.invitation": "moves: patients.take_over",
    "prescriptions.prescription": "moves: prescriptions.move",
    "reports.encounter_report": "moves: reports.move",
    "reports.preset": "moves: reports.move",
    "rewards.activation": "moves: rewards.move",
    "rewards.program": "moves: rewards.move",
    "roster.entry": "moves: roster.move",
    "roster.figures": "moves: roster.move",
    "roster.label": "moves: roster.move",
    "roster.tally": "moves: roster.move",
    "visits.appointment": "moves: visits.follow_merge",
    "visits.practice": "moves: visits.follow_merge",
    "visits.room": "moves: visits.follow_merge",
    "visits.staff": "moves: visits.follow_merge",
    "subscriptions.subscription": "moves: subscriptions.move",
    "surveys.answer": "moves: surveys.move",
    "surveys.definition": "moves: surveys.move, as far as there are answers",
    "surveys.profile": "moves: surveys.move",
    "transfers.migration": "moves: in transfers.merge",
}


async def test_every_table_with_an_organization_has_its_place(work: Work) -> None:
    rows = await work.tx.fetch(
        "select n.nspname || '.' || c.relname as name from pg_attribute a join pg_class c on c.oid = a.attrelid"
        " join pg_namespace n on n.oid = c.relnamespace where a.attname = 'organization' and not a.attisdropped"
        " and c.relkind in ('r', 'p') and not c.relispartition and n.nspname not in ('pg_catalog', 'public')"
    )
    assert {row["name"] for row in rows} == set(PLACES)
