"""Jobs that take away what is over, by night or when its last owner has let go of it."""

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

from openward.care import accounts, documentation, files, organizations, reports, subscriptions, usage
from openward.care.ehr import feed, xealth
from openward.care.files import FileKind, NewFile
from openward.care.reports.building import kept_files
from openward.care.roster import FORGET, SORT
from openward.care.subscriptions import Topic
from openward.infra.jobs import lock_number
from tests.journeys.killed.house import LOCK, House, Situation, a_patient, a_place, a_visit, situation


@situation("accounts.sweep")
async def sessions_and_links_have_ended(house: House) -> Situation:
    async with house.work(days=40) as work:
        person = (await accounts.create(work, email="ended@example.org")).key
        await accounts.open_session(work, person)
        await accounts.create_link(work, person, ["/v1/oauth/dexcom"])
    await house.tick("accounts.sweep")
    shows = " union all ".join(
        f"select count(*)::text from accounts.{table} where person = '{person}'"
        for table in ("session", "restricted_token")
    )
    return Situation("delete on accounts.restricted_token", f"old.person = '{person}'", shows)


@situation("connections.sweep")
async def marks_of_links_are_of_no_use(house: House) -> Situation:
    async with house.work() as work:
        await work.tx.execute("insert into connections.spent values ('old', now() - interval '1 day')")
        await work.tx.execute("insert into connections.trouble values ('dexcom', now() - interval '31 days', 'cut', 1)")
    await house.tick("connections.sweep")
    shows = "select count(*)::text from connections.spent union all select count(*)::text from connections.trouble"
    return Situation("delete on connections.spent", "old.hash = 'old'", shows)


@situation(FORGET)
async def a_deleted_tag_has_come_back(house: House) -> Situation:
    async with house.work() as work:
        place = await a_place(work, "Tags")
        tag = (await organizations.create_tag(work, place, "Pump")).key
        person = await a_patient(work, place, "Tara")
    async with house.work() as work:
        await organizations.delete_tag(work, place, tag)
    await house.gate.pool.execute("update patients.enrolment set tags = array[$2::uuid] where person = $1", person, tag)
    shows = f"select tags::text from patients.enrolment where person = '{person}'"
    return Situation("update on patients.enrolment", f"new.person = '{person}'", shows)


@situation(SORT)
async def words_are_fresh(house: House) -> Situation:
    async with house.work() as work:
        place = await a_place(work, "Words")
        person = await a_patient(work, place, "Wanda")
    await house.gate.pool.execute("update roster.entry set is_fresh = true where person = $1", person)
    await house.tick(SORT)
    shows = f"select is_fresh::text from roster.entry where person = '{person}'"
    return Situation("update on roster.entry", f"new.person = '{person}'", shows)


@situation(xealth.SWEEP)
async def answers_whose_order_never_came(house: House) -> Situation:
    async with house.work() as work:
        old = "now() - interval '181 days'"
        await work.tx.execute(f"insert into ehr.xealth_preorder values ($1, 'old', '{{}}', {old})", uuid4())
    await house.tick(xealth.SWEEP)
    shows = "select count(*)::text from ehr.xealth_preorder"
    return Situation("delete on ehr.xealth_preorder", "old.tracking = 'old'", shows)


@situation(feed.SWEEP)
async def messages_of_a_feed_are_old(house: House) -> Situation:
    async with house.work() as work:
        place, sender = await a_place(work, "Feed"), uuid4()
        await work.tx.execute(
            "insert into ehr.feed (key, organization, sending_application, sending_facility, receiving_application,"
            " receiving_facility, settings, created_at, modified_at)"
            " values ($1, $2, 'A', '', '', '', '{}', now(), now())",
            sender,
            place,
        )
        for control, days in (("old", 4000), ("new", 0)):
            await work.tx.execute(
                "insert into ehr.feed_message (key, organization, feed, control_id, digest, kind, content_sealed,"
                " state, received_at, handled_at) values ($1, $2, $3, $4, '', 'ADT^A04', '', 'done',"
                " now() - $5 * interval '1 day', now())",
                uuid4(),
                place,
                sender,
                control,
                days,
            )
    await house.tick(feed.SWEEP)
    shows = f"select control_id from ehr.feed_message where feed = '{sender}'"
    return Situation("delete on ehr.feed_message", f"old.feed = '{sender}'", shows)


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


@situation(files.DROP)
async def a_file_was_deleted(house: House) -> Situation:
    content = b"a device log"
    async with house.work() as work:
        person = (await accounts.create(work, email="files@example.org")).key
        digest = hashlib.md5(content, usedforsecurity=False).digest()
        new = NewFile(FileKind.BLOB, "text/plain", digest)
        kept = await files.add(work, person, new, _pieces(content), limit_bytes=100)
    async with house.work() as work:
        await files.delete(work, kept.key)
    shows = "select count(*)::text from files.file"
    lock = f"hashtextextended('files:{kept.content}', 0)"
    return Situation(LOCK, lock, shows, f"blobs/files/{kept.content[:2]}/{kept.content}")


@situation(documentation.DROP)
async def a_file_was_taken_off_a_visit(house: House) -> Situation:
    async with house.work() as work:
        place = await a_place(work, "Files")
        visit = await a_visit(work, place, "Fay")
        blob = await documentation.receive(work.tools, "pdf", _pieces(b"%PDF-1.7 a letter"))
        said = {"title": "Letter.pdf", "media_type": "application/pdf"}
        kept = await documentation.keep(work, place, visit.key, blob, **said)
    async with house.work() as work:
        await documentation.remove(work, place, visit.key, kept.key)
    lock = str(lock_number(f"documentation.content:{blob.key}"))
    shows = "select count(*)::text from documentation.attachment where deleted_at is not null"
    return Situation(LOCK, lock, shows, f"blobs/visits/{blob.key[:2]}/{blob.key}")


@situation("subscriptions.sweep")
async def deliveries_are_old(house: House) -> Situation:
    async with house.work() as work:
        place = await a_place(work, "Hooks")
        made = await subscriptions.subscribe(work, place, house.cloud_url, [Topic.EPISODE_CREATED])
        await work.tx.execute(
            "insert into subscriptions.delivery (key, subscription, topic, subject, created_at, state)"
            " values ($1, $2, 'episode:created', $1, now() - interval '40 days', 'delivered')",
            uuid4(),
            made.subscription.key,
        )
    await house.tick("subscriptions.sweep")
    mine = f"subscription = '{made.subscription.key}'"
    shows = f"select count(*)::text from subscriptions.delivery where {mine}"
    return Situation("delete on subscriptions.delivery", f"old.{mine}", shows)


@situation(reports.SWEEP)
async def a_report_is_old_and_an_order_was_lost(house: House) -> Situation:
    old = await kept_files(house.gate.tools).write(b"an old report", limit_bytes=100)
    async with house.work(minutes=11) as work:
        place = await a_place(work, "Archive")
        preset = await reports.put_preset(work, place, "Default")
        span = (work.now - timedelta(days=1), work.now)
        lost = (await reports.order_report(work, place, *span, preset.key, "secret")).key
    await house.forget_jobs(reports.BUILD, str(lost))
    async with house.work() as work:
        await work.tx.execute(
            "insert into reports.encounter_report (key, organization, from_at, to_at, columns, status, content,"
            " ordered_by, created_at, expires_at) values ($1, $2, now(), now(), '{}', 'completed', $3, 'test', now(),"
            " now() - interval '1 hour')",
            uuid4(),
            place,
            old.key,
        )
    await house.tick(reports.SWEEP)
    shows = (
        "select status || ' ' || (content is null) from reports.encounter_report"
        f" where organization = '{place}' order by 1"
    )
    path = f"blobs/reports/{old.key[:2]}/{old.key}"
    return Situation("insert on jobs.pgqueuer", f"new.dedupe_key = '{reports.BUILD}:{lost}'", shows, path)


@situation("usage.sweep")
async def events_are_old(house: House) -> Situation:
    async with house.work(days=100) as work:
        await usage.record(work, "old", {}, server="test")
    await house.tick("usage.sweep")
    return Situation("delete on usage.event", "old.name = 'old'", "select count(*)::text from usage.event")
