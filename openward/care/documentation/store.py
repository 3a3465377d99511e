"""SQL of forms: `documentation.template`, `.edition`, `.note`, `.answer`, `.comment`."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg

from openward.care.documentation import forms
from openward.care.documentation.model import Answer, Comment, Note, Section, Template
from openward.care.errors import Conflict
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.infra.db import Record, from_json, to_json

_TEMPLATE = (
    "select t.key, t.organization, t.name, e.number edition, e.form from documentation.template t"
    " join documentation.edition e on e.template = t.key"
)
_NOTE = (
    "select n.key note, n.organization, n.appointment, n.person, t.key, t.name, n.edition, e.form"
    " from documentation.note n join documentation.template t on t.key = n.template"
    " join documentation.edition e on e.template = n.template and e.number = n.edition"
)


async def templates(work: Work, organization: OrganizationKey) -> list[Template]:
    """The templates of a practice in their present editions, by name."""
    query = _TEMPLATE + " and e.number = t.edition where t.organization = $1 order by t.name"
    return [_template(row) for row in await work.tx.fetch(query, organization)]


async def template(work: Work, organization: OrganizationKey, key: UUID) -> Template | None:
    """One template of the practice in its present edition."""
    query = _TEMPLATE + " and e.number = t.edition where t.organization = $1 and t.key = $2"
    row = await work.tx.fetchrow(query, organization, key)
    return None if row is None else _template(row)


async def rename(work: Work, key: UUID, name: str) -> None:
    """Another name for a template that is held; `Conflict` when another has it."""
    try:
        async with work.tx.transaction():
            await work.tx.execute("update documentation.template set name = $2 where key = $1", key, name)
    except asyncpg.UniqueViolationError:
        raise Conflict("there is a template of this name already") from None


async def lock_template(work: Work, organization: OrganizationKey, name: str) -> Template | None:
    """The template of this name, held."""
    query = _TEMPLATE + " and e.number = t.edition where t.organization = $1 and t.name = $2 for no key update of t"
    row = await work.tx.fetchrow(query, organization, name)
    return None if row is None else _template(row)


async def insert_template(work: Work, template: Template) -> bool:
    """Keep a new one with its first edition; False when the name is taken."""
    done = await work.tx.fetchval(
        "insert into documentation.template (key, organization, name, edition, created_at) values ($1, $2, $3, $4, $5)"
        " on conflict (organization, name) do nothing returning true",
        template.key,
        template.organization,
        template.name,
        template.edition,
        work.now,
    )
    if done:
        await _insert_edition(work, template)
    return bool(done)


async def replace(work: Work, template: Template) -> None:
    """Keep a new edition, which visits carry from now on."""
    await _insert_edition(work, template)
    await work.tx.execute(
        "update documentation.template set edition = $2 where key = $1", template.key, template.edition
    )


async def _insert_edition(work: Work, template: Template) -> None:
    await work.tx.execute(
        "insert into documentation.edition (template, number, form, created_at) values ($1, $2, $3, $4)",
        template.key,
        template.edition,
        to_json(forms.to_json(template.sections)),
        work.now,
    )


async def attach(
    work: Work, organization: OrganizationKey, appointment: UUID, person: PersonKey, names: Sequence[str]
) -> None:
    """The templates of these names belong to a visit, in this order; a second time nothing changes."""
    await work.tx.execute(
        "insert into documentation.note (key, organization, appointment, person, template, edition, place)"
        " select gen_random_uuid(), $1, $2, $3, t.key, t.edition, n.place"
        " from unnest($4::text[]) with ordinality n(name, place)"
        " join documentation.template t on t.organization = $1 and t.name = n.name on conflict do nothing",
        organization,
        appointment,
        person,
        list(names),
    )


async def of_visit(work: Work, appointment: UUID) -> list[Note]:
    """All notes of a visit with what is written in them, in the order of the visit."""
    rows = await work.tx.fetch(_NOTE + " where n.appointment = $1 order by n.place, t.name", appointment)
    keys = [row["note"] for row in rows]
    answers = await _answers(work, keys)
    comments = await _comments(work, keys)
    return [_note(row, answers, comments) for row in rows]


async def lock(work: Work, appointment: UUID, template: str) -> Note | None:
    """The note of a visit under the template of this name, held, without its comments."""
    row = await work.tx.fetchrow(
        _NOTE + " where n.appointment = $1 and t.name = $2 for no key update of n", appointment, template
    )
    return None if row is None else _note(row, await _answers(work, [row["note"]]), {})


async def write(work: Work, note: UUID, answers: Mapping[UUID, Sequence[str]], by: PersonKey | None) -> None:
    """Replace the answers to these questions; an empty one is taken away."""
    cleared = [question for question, response in answers.items() if not response]
    if cleared:
        await work.tx.execute(
            "delete from documentation.answer where note = $1 and question = any($2::uuid[])", note, cleared
        )
    kept = [(note, question, list(response), work.now, by) for question, response in answers.items() if response]
    await work.tx.executemany(
        "insert into documentation.answer (note, question, response, answered_at, answered_by)"
        " values ($1, $2, $3, $4, $5) on conflict (note, question) do update"
        " set response = $3, answered_at = $4, answered_by = $5",
        kept,
    )
    await _count(work, note)


async def comment(work: Work, note: UUID, made: Comment) -> None:
    """Keep a comment on a note."""
    await work.tx.execute(
        "insert into documentation.comment (key, note, author, body, posted_at) values ($1, $2, $3, $4, $5)",
        made.key,
        note,
        made.author,
        made.body,
        made.posted_at,
    )
    await _count(work, note)


async def _count(work: Work, note: UUID) -> None:
    await work.tx.execute(
        "update documentation.note set has_content = exists (select from documentation.answer where note = $1)"
        " or exists (select from documentation.comment where note = $1) where key = $1",
        note,
    )


async def has_content(work: Work, appointments: Sequence[UUID]) -> set[UUID]:
    """Those of these visits in which something is written."""
    rows = await work.tx.fetch(
        "select distinct appointment from documentation.note where has_content and appointment = any($1::uuid[])",
        list(appointments),
    )
    return {row["appointment"] for row in rows}


async def _answers(work: Work, notes: Sequence[UUID]) -> dict[UUID, dict[UUID, Answer]]:
    rows = await work.tx.fetch(
        "select note, question, response, answered_at, answered_by from documentation.answer"
        " where note = any($1::uuid[])",
        list(notes),
    )
    found: dict[UUID, dict[UUID, Answer]] = {}
    for row in rows:
        by = None if row["answered_by"] is None else PersonKey(row["answered_by"])
        answer = Answer(row["question"], tuple(row["response"]), row["answered_at"], by)
        found.setdefault(row["note"], {})[answer.question] = answer
    return found


async def _comments(work: Work, notes: Sequence[UUID]) -> dict[UUID, list[Comment]]:
    rows = await work.tx.fetch(
        "select note, key, author, body, posted_at from documentation.comment where note = any($1::uuid[])"
        " order by posted_at, key",
        list(notes),
    )
    found: dict[UUID, list[Comment]] = {}
    for row in rows:
        made = Comment(row["key"], PersonKey(row["author"]), row["body"], row["posted_at"])
        found.setdefault(row["note"], []).append(made)
    return found


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """After a merge all of it belongs to the target; a template whose name is taken there gets a longer one."""
    await work.tx.execute(
        "update documentation.template s set organization = $2, name = case when exists (select from"
        "  documentation.template t where t.organization = $2 and t.name = s.name)"
        "  then s.name || ' ' || left(s.key::text, 8) else s.name end where organization = $1",
        source,
        target,
    )
    for table in ("note", "attachment", "document"):
        await work.tx.execute(
            f"update documentation.{table} set organization = $2 where organization = $1",  # noqa: S608 -- constants
            source,
            target,
        )


def _template(row: Record) -> Template:
    return Template(row["key"], OrganizationKey(row["organization"]), row["name"], row["edition"], _sections(row))


def _sections(row: Record) -> tuple[Section, ...]:
    return forms.from_json(from_json(row["form"]))


def _note(row: Record, answers: Mapping[UUID, Mapping[UUID, Answer]], comments: Mapping[UUID, list[Comment]]) -> Note:
    return Note(
        row["note"],
        OrganizationKey(row["organization"]),
        row["appointment"],
        PersonKey(row["person"]),
        _template(row),
        answers.get(row["note"], {}),
        comments.get(row["note"], []),
    )
