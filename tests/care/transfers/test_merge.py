"""Executing a merge: everything goes on in the target, nothing is lost, and a failure changes nothing."""

from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

import pytest

from openward.care import accounts, audit, identity, organizations, patients, roster, transfers
from openward.care.errors import Invalid, NotFound, Unprocessable
from openward.care.identity import Identifier, Kind, System
from openward.care.organizations import MRNRules, Profile, Restriction, Role
from openward.care.patients import CoachedBy, Details, Joining, Permission, Revision
from openward.care.transfers import Action
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.gateway.request import finish

pytestmark = pytest.mark.anyio

VIEW = frozenset({Permission.VIEW})


@dataclass
class Place:
    """An organization in the making."""

    work: Work
    key: OrganizationKey
    tags: dict[str, organizations.Label] = field(default_factory=dict)
    sites: dict[str, organizations.Label] = field(default_factory=dict)

    async def label(self, *, tags: tuple[str, ...] = (), sites: tuple[str, ...] = ()) -> "Place":
        for name in tags:
            self.tags[name] = await organizations.create_tag(self.work, self.key, name)
        for name in sites:
            self.sites[name] = await organizations.create_site(self.work, self.key, name)
        return self

    async def patient(
        self, name: str, *, tags: tuple[str, ...] = (), sites: tuple[str, ...] = (), mrn: str | None = None
    ) -> PersonKey:
        details = Details(
            name,
            date(1990, 2, 3),
            email=f"{name}@patient.example",
            mrn=mrn,
            tags=tuple(self.tags[tag].key for tag in tags),
            sites=tuple(self.sites[site].key for site in sites),
        )
        made = await patients.create_custodial(self.work, self.key, details)
        return made.person

    async def join(self, person: PersonKey, *, tags: tuple[str, ...] = (), sites: tuple[str, ...] = ()) -> None:
        joining = Joining(
            VIEW, tags=tuple(self.tags[tag].key for tag in tags), sites=tuple(self.sites[site].key for site in sites)
        )
        await patients.enrol(self.work, self.key, person, joining)

    async def member(self, name: str, *roles: Role) -> PersonKey:
        found = await accounts.by_email(self.work, f"{name}@staff.example")
        account = found or await accounts.create(self.work, email=f"{name}@staff.example", full_name=name)
        await organizations.add_member(
            self.work, self.key, person=account.key, email=account.email or "", roles=roles or (Role.ADMIN,), name=name
        )
        return account.key


async def a_place(work: Work, name: str, **profile: str) -> Place:
    given = Profile(name=name, preferred_units="mg/dL", **profile)  # type: ignore[arg-type]
    return Place(work, (await organizations.create(work, given, admin=None, tier="tier0300")).key)


async def settled(work: Work) -> None:
    """What a request does just before it commits."""
    await finish(work)
    work.recorded, work.audited, work.tasks = [], [], []


async def merged(work: Work, target: Place, source: Place) -> transfers.Merged:
    await settled(work)
    done = await transfers.merge(work, target.key, source.key)
    await settled(work)
    return done


async def listed(work: Work, place: Place, **query: object) -> set[PersonKey]:
    found = await roster.find(work, place.key, roster.Query(limit=100, **query))  # type: ignore[arg-type]
    assert found.count == len(found.people)
    return set(found.people)


async def test_patients_move_with_labels_and_lists(work: Work) -> None:
    target = await (await a_place(work, "Target")).label(tags=("Pump", "Old"), sites=("North",))
    source = await (await a_place(work, "Source")).label(tags=("Pump", "New"), sites=("North", "South"))
    stays = await target.patient("stays", tags=("Pump",), sites=("North",))
    moves = await source.patient("moves", tags=("Pump", "New"), sites=("North", "South"), mrn="77")
    done = await merged(work, target, source)
    enrolment = await patients.get(work, target.key, moves)
    assert enrolment.tags == (target.tags["Pump"].key, source.tags["New"].key)
    assert enrolment.sites == (source.sites["North"].key, source.sites["South"].key)
    names = {site.name for site in (await organizations.sites(work, [target.key]))[target.key]}
    assert names == {"North", "North (2)", "South"}
    assert {tag.name for tag in (await organizations.tags(work, [target.key]))[target.key]} == {"Pump", "Old", "New"}
    assert await listed(work, target) == {stays, moves}
    assert await listed(work, target, tags=(target.tags["Pump"].key,)) == {stays, moves}
    assert await listed(work, target, tags=(source.tags["New"].key,)) == {moves}
    assert await listed(work, target, sites=(source.sites["North"].key,)) == {moves}
    counts = await roster.label_counts(work, [target.key])
    assert counts[target.tags["Pump"].key] == 2
    assert counts[source.tags["New"].key] == 1
    assert (await patients.count(work, target.key)).total == 2
    assert done.counts["patients"] == {"MOVE": 1, "RETAIN": 1}
    assert done.counts["tags"] == {"CREATE": 1, "RETAIN": 2, "SKIP": 1}
    assert done.counts["sites"] == {"MOVE": 1, "RENAME": 1, "RETAIN": 1}


async def test_old_names_keep_answering(work: Work) -> None:
    target = await (await a_place(work, "Target")).label(tags=("Pump",))
    source = await (await a_place(work, "Source")).label(tags=("pump", "New"))
    moves = await source.patient("moves", mrn="77")
    code = await identity.name(work, source.key, System.SHARE_CODE)
    own_code = await identity.name(work, target.key, System.SHARE_CODE)
    clinic_id = await identity.name(work, source.key, System.CLINIC)
    tag_ids = {name: await identity.name(work, tag.key, System.TAG) for name, tag in source.tags.items()}
    await merged(work, target, source)
    assert (await organizations.by_share_code(work, code)).key == target.key
    assert await identity.name(work, target.key, System.SHARE_CODE) == own_code
    assert await identity.match(work, Identifier(System.MRN, "77", target.key)) == [moves]
    assert await identity.name(work, moves, System.MRN, target.key) == "77"
    found = await identity.resolve_many(work, System.TAG, list(tag_ids.values()))
    assert found == {tag_ids["pump"]: target.tags["Pump"].key, tag_ids["New"]: source.tags["New"].key}
    key = await identity.resolve(work, Identifier(System.CLINIC, clinic_id))
    with pytest.raises(NotFound):
        await organizations.get(work, OrganizationKey(key))
    # And once more, through a chain of merges.
    last = await a_place(work, "Last")
    await merged(work, last, target)
    assert (await organizations.by_share_code(work, code)).key == last.key
    assert [one.source_name for one in await transfers.merges(work, last.key)] in (
        ["Target", "Source"],
        ["Source", "Target"],
    )


async def test_a_patient_of_both_keeps_the_targets_record(work: Work) -> None:
    target = await (await a_place(work, "Target")).label(tags=("A",), sites=("North",))
    source = await (await a_place(work, "Source")).label(tags=("A", "B"), sites=("South",))
    both = await source.patient("both", tags=("B", "A"), sites=("South",), mrn="source-7")
    await target.join(both, sites=("North",))
    before = await patients.get(work, target.key, both)
    done = await merged(work, target, source)
    after = await patients.get(work, target.key, both)
    assert after.key == before.key
    assert after.permissions == VIEW
    assert after.mrn == before.mrn
    assert set(after.tags) == {target.tags["A"].key, source.tags["B"].key}
    assert set(after.sites) == {target.sites["North"].key, source.sites["South"].key}
    assert [one.organization for one in await patients.of_person(work, both)] == [target.key]
    assert await listed(work, target, tags=(source.tags["B"].key,)) == {both}
    assert (await roster.label_counts(work, [target.key]))[target.tags["A"].key] == 1
    archived = await work.tx.fetch("select organization from patients.archive where person = $1", both)
    assert [row["organization"] for row in archived] == [source.key]
    assert both in await identity.match(work, Identifier(System.MRN, "source-7", target.key))
    assert done.counts["patients"] == {"MERGE": 1, "MERGE_INTO": 1}


async def test_clinicians_move_or_merge(work: Work) -> None:
    target, source = await a_place(work, "Target"), await a_place(work, "Source")
    boss, newcomer = await target.member("boss", Role.ADMIN), await source.member("newcomer", Role.ADMIN)
    both = await target.member("both", Role.MEMBER)
    await source.member("both", Role.ADMIN)
    helper = await source.member("helper", Role.MEMBER)
    plan = await transfers.propose(work, target.key, source.key)
    downgraded = {one.person: one.is_downgraded for one in plan.source_members}
    assert downgraded == {newcomer: False, both: True, helper: False}
    await merged(work, target, source)
    roles = {one.person: one.roles for one in await organizations.members(work, target.key, limit=10)}
    assert roles == {
        boss: (Role.ADMIN,),
        both: (Role.MEMBER,),
        newcomer: (Role.ADMIN,),
        helper: (Role.MEMBER,),
    }
    kinds = await work.tx.fetch("select kind from organizations.archive where organization = $1 order by 1", source.key)
    assert [row["kind"] for row in kinds] == ["member", "organization"]


async def test_coaches_go_on_coaching(work: Work) -> None:
    target, source = await a_place(work, "Target"), await a_place(work, "Source")
    people = {name: await source.member(name, Role.MEMBER) for name in ("both", "comes")}
    await target.member("both", Role.MEMBER)
    members = {name: (await organizations.member(work, source.key, one)).key for name, one in people.items()}
    stays = (await organizations.member(work, target.key, people["both"])).key
    await organizations.name_coach(work, members["both"], "Joe", "Coach")
    group = await organizations.create_group(work, source.key, "Lead")
    same = {place.key: await organizations.create_group(work, place.key, "Same") for place in (source, target)}
    await organizations.set_member_groups(work, members["both"], [group.key, same[source.key].key])
    old, fresh = CoachedBy(members["both"], is_primary=True), CoachedBy(members["comes"])
    moves, knows, other = [await source.patient(name) for name in ("moves", "knows", "other")]
    for person in (moves, knows, other):
        await patients.revise(work, source.key, person, Revision(coaches=(fresh, old)))
    await target.join(knows)
    await patients.revise(work, target.key, knows, Revision(coaches=(CoachedBy(stays),)))
    await target.join(other)
    boss = (await organizations.member(work, target.key, await target.member("boss"))).key
    await patients.revise(work, target.key, other, Revision(coaches=(CoachedBy(boss, is_primary=True),)))
    await merged(work, target, source)
    found = await patients.coached_many(work, target.key, [moves, knows, other])
    first = CoachedBy(stays, is_primary=True)
    assert {person: one.coaches for person, one in found.items()} == {
        moves: (fresh, first),
        knows: (first, fresh),
        other: (CoachedBy(boss, is_primary=True), fresh, CoachedBy(stays)),
    }
    [coach] = [one for one in await organizations.coaches(work, target.key) if one.member == stays]
    assert (coach.first_name, coach.last_name) == ("Joe", "Coach")
    assert set(coach.groups) == {group.key, same[target.key].key}


async def test_an_invitation_of_somebody_who_comes_along_ends(work: Work) -> None:
    target, source = await a_place(work, "Target"), await a_place(work, "Source")
    comes = await source.member("comes", Role.ADMIN)
    await organizations.invite_member(work, target.key, email="comes@staff.example", roles=[Role.MEMBER])
    await merged(work, target, source)
    found = await organizations.members(work, target.key, limit=10)
    assert [(one.person, one.email) for one in found] == [(comes, "comes@staff.example")]


async def test_reasons_are_all_named_and_nothing_changes(work: Work) -> None:
    target, source = await a_place(work, "Target", timezone="UTC"), await a_place(work, "Source")
    await organizations.set_mrn_rules(work, target.key, MRNRules(required=True, unique=False))
    await organizations.set_restrictions(work, source.key, [Restriction("x.example")])
    await source.patient("nobody")
    await organizations.add_member(
        work, source.key, person=None, email="i@x.example", roles=[Role.MEMBER], invite="waiting"
    )
    await settled(work)
    with pytest.raises(Invalid) as refused:
        await transfers.merge(work, target.key, source.key)
    for word in ("MRN required", "Time zone", "x.example", "invitation", "requires an MRN"):
        assert word in refused.value.detail
    assert (await patients.count(work, source.key)).total == 1
    assert await transfers.merges(work, target.key) == []


async def test_nonsense_is_refused(work: Work) -> None:
    place, unknown = await a_place(work, "Target"), OrganizationKey(UUID(int=5))
    for ask in (transfers.merge, transfers.propose):
        with pytest.raises(Invalid):
            await ask(work, place.key, place.key)
        for pair in ((place.key, unknown), (unknown, place.key)):
            with pytest.raises(NotFound):
                await ask(work, *pair)


async def test_too_many_tags_undo_everything(work: Work) -> None:
    target = await (await a_place(work, "Target")).label(tags=tuple(f"t{number}" for number in range(26)))
    source = await (await a_place(work, "Source")).label(tags=tuple(f"s{number}" for number in range(25)))
    person = await source.patient("stays", tags=("s1",))
    await settled(work)
    with pytest.raises(Unprocessable):
        async with work.tx.transaction():
            await transfers.merge(work, target.key, source.key)
    assert (await patients.get(work, source.key, person)).tags == (source.tags["s1"].key,)


async def test_rules_for_unique_numbers_go_on(work: Work) -> None:
    target, source = await a_place(work, "Target"), await a_place(work, "Source")
    for place in (target, source):
        await organizations.set_mrn_rules(work, place.key, MRNRules(required=False, unique=True))
    await source.patient("moves", mrn="7")
    await merged(work, target, source)
    with pytest.raises(Invalid, match="unique"):
        await target.patient("other", mrn="7")


async def test_whoever_was_let_go_keeps_his_names_and_may_come_again(work: Work) -> None:
    target, source = await a_place(work, "Target"), await a_place(work, "Source")
    gone = await target.patient("gone", mrn="1")
    await source.join(gone)
    await patients.remove(work, target.key, gone)
    former = (await accounts.create(work, email="former@x.example")).key
    await source.join(former)
    await patients.remove(work, source.key, former)
    await merged(work, target, source)
    assert await listed(work, target) == {gone}
    assert (await patients.get(work, target.key, gone)).permissions == VIEW
    with pytest.raises(NotFound):
        await patients.get(work, target.key, former)
    await target.join(former)
    await settled(work)
    assert await listed(work, target) == {gone, former}


async def test_names_that_clash_are_a_reason(work: Work) -> None:
    target, source = await a_place(work, "Target"), await a_place(work, "Source")
    one, other = await target.patient("one"), await source.patient("other")
    for place, person in ((target, one), (source, other)):
        await identity.add(work, Identifier(System.HSID, "H-1", place.key), person, Kind.PERSON)
    plan = await transfers.propose(work, target.key, source.key)
    assert ["identifiers" in reason for reason in plan.reasons] == [True]


async def test_shares_that_wait_are_led_to_the_target(work: Work) -> None:
    target, source = await a_place(work, "Target"), await a_place(work, "Source")
    one, both = [(await accounts.create(work, email=f"{name}@x.example")).key for name in ("one", "both")]
    for person, place in ((one, source), (both, source), (both, target)):
        await accounts.issue_confirmation(
            work,
            accounts.ConfirmationType.CARETEAM,
            email="",
            creator=person,
            organization=place.key,
            context={"view": {}},
        )
    await merged(work, target, source)
    waiting = await accounts.confirmations(
        work,
        accounts.ConfirmationType.CARETEAM,
        statuses=[accounts.ConfirmationStatus.PENDING],
        organization=target.key,
    )
    assert sorted(str(one.creator) for one in waiting) == sorted(map(str, (one, both)))


async def test_a_migration_goes_on_in_the_target(work: Work) -> None:
    target, source = await a_place(work, "Target"), await a_place(work, "Source")
    account = await source.member("old", Role.ADMIN)
    sharer = (await accounts.create(work, email="sharer@x.example")).key
    await accounts.set_grant(work, sharer, account, ["view"])
    await transfers.add(work, source.key, account)
    (task,) = [task for task in work.tasks if task.name == transfers.CARRY]
    await merged(work, target, source)
    await transfers.carry(work, task.data)
    assert await patients.peek(work, target.key, sharer)
    assert [one.person for one in await transfers.migrations(work, target.key)] == [account]


async def test_everybody_is_told_once(work: Work) -> None:
    target, source = await a_place(work, "Target"), await a_place(work, "Source")
    await target.member("boss", Role.ADMIN)
    await target.member("helper", Role.MEMBER)
    await source.member("newcomer", Role.ADMIN)
    await source.patient("pat")
    await target.patient("other")
    done = await merged(work, target, source)
    for _ in range(2):
        await transfers.tell_merged(work, {"merge": str(done.key)})
    rows = await work.tx.fetch(
        "select template, recipient from notices.message where template like 'merged%' order by 1"
    )
    assert [tuple(row) for row in rows] == [
        ("merged_admin", "boss@staff.example"),
        ("merged_clinician", "newcomer@staff.example"),
        ("merged_patient", "pat@patient.example"),
    ]


async def test_the_audit_names_every_patient(work: Work) -> None:
    target, source = await a_place(work, "Target"), await a_place(work, "Source")
    moves = await source.patient("moves")
    await merged(work, target, source)
    found = await audit.search(work, audit.Query(patient=moves))
    assert ("write", "enrolment", target.key) in {(one.action, one.what, one.organization) for one in found}


async def test_the_plan_is_kept_and_names_actions(work: Work) -> None:
    target, source = await a_place(work, "Target"), await a_place(work, "Source")
    await source.patient("moves")
    plan = await transfers.propose(work, target.key, source.key)
    assert [one.action for one in plan.source_patients] == [Action.MOVE]
    done = await merged(work, target, source)
    row = await work.tx.fetchrow("select plan -> 'source_patients' kept from transfers.merge where key = $1", done.key)
    assert "moves" in row["kept"]
    assert "summary" not in row["kept"]


async def test_jobs_that_name_the_source_find_the_target(work: Work) -> None:
    last, target, source = [await a_place(work, name) for name in ("Last", "Target", "Source")]
    await source.label(tags=("Pump",))
    moves = await source.patient("moves", tags=("Pump",))
    await settled(work)
    # As if the tag had been deleted a moment ago, and the job that takes it off the records had not run yet.
    await work.tx.execute("delete from organizations.tag where key = $1", source.tags["Pump"].key)
    await merged(work, target, source)
    await merged(work, last, target)
    assert await organizations.successor(work, source.key) == last.key
    assert await organizations.successor(work, last.key) == last.key
    data = {"organization": str(source.key), "label": str(source.tags["Pump"].key), "is_site": False}
    await roster.forget_label(work, data)
    assert (await patients.get(work, last.key, moves)).tags == ()


async def test_the_demo_patient_stays_out_of_it(work: Work) -> None:
    demo = await accounts.create(work, email="demo@x.example", full_name="Demo")
    work.tools = replace(work.tools, settings=replace(work.tools.settings, demo_patient_user_id=demo.user_id))
    target = await (await a_place(work, "Target")).label(tags=("A",))
    source = await (await a_place(work, "Source")).label(tags=("A", "B"))
    await settled(work)
    assert (await patients.count(work, source.key)).demo == 1
    await patients.update(
        work,
        source.key,
        demo.key,
        Details("Demo", date(2000, 1, 1), tags=tuple(tag.key for tag in source.tags.values())),
    )
    moves = await source.patient("moves")
    await settled(work)
    plan = await transfers.propose(work, target.key, source.key)
    assert [one.patient.person for one in plan.source_patients] == [moves]
    assert plan.target_patients == ()
    await merged(work, target, source)
    count = await patients.count(work, target.key)
    assert (count.total, count.demo, count.plan) == (2, 1, 1)
    assert (await patients.get(work, target.key, demo.key)).tags == ()
    assert await roster.label_counts(work, [target.key]) == {}
    assert await listed(work, target) == {moves, demo.key}


async def test_a_clinic_made_for_migration_has_no_demo_patient(work: Work) -> None:
    demo = await accounts.create(work, email="demo@x.example", full_name="Demo")
    work.tools = replace(work.tools, settings=replace(work.tools.settings, demo_patient_user_id=demo.user_id))
    account = await accounts.create(work, email="old@x.example", roles=["clinic"])
    place = await transfers.enable(work, account.key)
    await settled(work)
    assert await patients.peek(work, place.key, demo.key) is None
