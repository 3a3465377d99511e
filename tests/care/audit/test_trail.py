"""Every touch is kept once, with who, what, when, from where and by which credential, and can be searched."""

from dataclasses import replace
from datetime import timedelta

import pytest

from openward.care import audit
from openward.care.work import Work, new_key, new_keys

pytestmark = pytest.mark.anyio


async def test_notes_are_kept_and_found(work: Work) -> None:
    patient, other, organization = new_key(work), new_key(work), new_key(work)
    audit.note(work, "read", "devicedata", patient)
    audit.note(work, "read", "devicedata", patient)
    audit.note(work, "write", "enrolment", patient, organization)
    audit.note(work, "read", "enrolment", other, organization)
    await audit.keep(work)
    found = await audit.search(work, audit.Query(patient=patient))
    assert {(entry.action, entry.what) for entry in found} == {("read", "devicedata"), ("write", "enrolment")}
    assert {entry.credential for entry in found} == {"test"}
    assert found[0].address == "127.0.0.1"
    assert found[0].route == "TEST"
    assert {entry.patient for entry in await audit.search(work, audit.Query(organization=organization))} == {
        patient,
        other,
    }


async def test_a_long_list_is_kept_whole(work: Work) -> None:
    organization = new_key(work)
    for _ in range(500):
        audit.note(work, "read", "enrolment", new_key(work), organization)
    await audit.keep(work)
    assert len(await audit.search(work, audit.Query(organization=organization), limit=1000)) == 500


async def test_paging_shows_each_entry_of_one_moment_once(work: Work) -> None:
    organization = new_key(work)
    patients = [new_key(work) for _ in range(50)]
    for patient in patients:
        audit.note(work, "read", "enrolment", patient, organization)
    await audit.keep(work)
    seen, before = [], None
    while page := await audit.search(work, audit.Query(organization=organization), limit=7, before=before):
        seen += [entry.patient for entry in page]
        before = (page[-1].at, page[-1].key)
    assert sorted(seen, key=str) == sorted(patients, key=str)


async def test_a_change_of_those_who_came_together_is_found_by_each(work: Work) -> None:
    came, later = new_keys(work, 40), replace(work, now=work.now + timedelta(milliseconds=5), audited=[])
    others = [new_key(work), new_key(later)]
    for what in ("account", "demographics"):
        audit.note_all(work, "write", what, came)
    audit.note_all(work, "write", "labels", [*came[:2], *others])
    await audit.keep(work)
    for patient in (came[0], came[39]):
        found = await audit.search(work, audit.Query(patient=patient))
        assert {entry.what for entry in found} >= {"account", "demographics"}
        assert {entry.patient for entry in found} == {patient}
    for patient in others:
        assert [entry.what for entry in await audit.search(work, audit.Query(patient=patient))] == ["labels"]
    assert await work.tx.fetchval("select count(*) from audit.cohort where $1 = any(patients)", came[0]) == 1
    assert await work.tx.fetchval("select count(*) from audit.subject where patient = any($1::uuid[])", came) == 2
