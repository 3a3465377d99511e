"""The patient list under every filter and every sort, each against the best statement that we can write by hand."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from openward.bench.clinic import Clinic, filled
from openward.bench.figures import Figure, at_most, median, percentile
from openward.bench.questions import Question, everything
from openward.bench.rig import Rig
from openward.care import roster
from openward.care.work import Actor, ActorKind, PersonKey, Tools, Work
from openward.config import Settings

WORST, AGAIN = 40, 7
"""Every question is asked once; so many of the worst so often again, because a single pause is no finding."""

LEAST_S = 0.001
"""Shorter statements count as so long: below a millisecond it is the scheduler of a busy machine that is measured."""


@dataclass(slots=True)
class Asked:
    """One question with the seconds of each asking: of the list, and of the better statement by hand."""

    question: Question
    ours: list[float]
    by_hand: list[float]

    @property
    def ratio(self) -> float:
        """How much longer the list takes."""
        return median(self.ours) / max(median(self.by_hand), LEAST_S)


async def every_question(rig: Rig, patients: int) -> list[Figure]:
    """The worst ratio over all questions, after the answers were found equal."""
    connection = await asyncpg.connect(rig.dsn)
    try:
        clinic = await filled(rig, connection, patients)
        questions = list(everything(clinic))
        tools = Tools.open(Settings(data_dir=Path(rig.folder)))
        asked = []
        with rig.counting("questions", len(questions)) as done:
            for question in questions:
                asked.append(await _ask(connection, tools, clinic, question, 1))
                done(1)
        worst = sorted(asked, key=lambda one: one.ratio)[-WORST:]
        again = [await _ask(connection, tools, clinic, one.question, AGAIN) for one in worst]
    finally:
        await connection.close()
    kept = [one for one in asked if one not in worst] + again
    top = max(again, key=lambda one: one.ratio)
    ours = [median(one.ours) for one in kept]
    size = f"{len(questions)} questions, {patients:,} patients"
    return [
        at_most("lists", f"{size}: worst ratio to SQL by hand ({top.question.what})", top.ratio, "ratio", 3),
        Figure("lists", "that question: the list", median(top.ours) * 1e3, "ms"),
        Figure("lists", "that question: by hand", median(top.by_hand) * 1e3, "ms"),
        Figure("lists", "median ratio", median([one.ratio for one in kept]), "ratio"),
        Figure("lists", "p95 of the list over all questions", percentile(ours, 0.95) * 1e3, "ms"),
        Figure("lists", "slowest question", max(ours) * 1e3, "ms"),
    ]


async def _ask(connection: asyncpg.Connection, tools: Tools, clinic: Clinic, question: Question, rounds: int) -> Asked:
    ours: list[float] = []
    windowed: list[float] = []
    twofold: list[float] = []
    for _ in range(rounds):
        async with connection.transaction():
            work = Work(connection, Actor(ActorKind.SERVICE, credential="bench"), datetime.now(UTC), tools)
            began = time.perf_counter()
            found = await roster.find(work, clinic.key, question.query)
            ours.append(time.perf_counter() - began)
        for seconds, statement in ((windowed, _windowed), (twofold, _twofold)):
            began = time.perf_counter()
            people, count = await statement(connection, clinic, question)
            seconds.append(time.perf_counter() - began)
            if (list(found.people), found.count) != (people, count):
                raise RuntimeError(
                    f"{question.what}: the list found {found.count}, plain SQL {count}, or another order"
                )
    return Asked(question, ours, min(windowed, twofold, key=median))


def _source(question: Question) -> tuple[str, str, str]:
    """`from ... where ...`, the alias that has everybody, and that of the table that breaks ties.

    The latter is the one that is sorted by, so that its index gives the whole order.
    """
    asked = " ".join(question.where)
    sorted_by = next(alias for alias in "ecb" if f"{alias}." in question.order)
    aliases = [alias for alias in "ecb" if f"{alias}." in asked or alias == sorted_by]
    # Who has no figures is in no table of figures, and is sorted all the same.
    beside = sorted_by if sorted_by != "e" and f"{sorted_by}." not in asked else None
    if beside is not None:
        aliases = [alias for alias in aliases if alias != beside] or ["e"]
    tables = {"e": "roster.entry e", "c": "roster.figures_cgm14d c", "b": "roster.figures_bgm14d b"}
    first = aliases[0]
    conditions = [f"{alias}.organization = $1" for alias in aliases]
    conditions += [f"{alias}.person = {first}.person" for alias in aliases[1:]]
    named = " cross join ".join(tables[alias] for alias in aliases)
    if beside is not None:
        named += f" left join {tables[beside]} on {beside}.organization = $1 and {beside}.person = {first}.person"
    tie = sorted_by if beside is None else first
    return f"from {named} where {' and '.join([*conditions, *question.where])}", first, tie


async def _windowed(connection: asyncpg.Connection, clinic: Clinic, question: Question) -> tuple[list[PersonKey], int]:
    """One statement that counts and sorts; the page beyond the end is empty and says no count."""
    source, first, tie = _source(question)
    rows = await connection.fetch(
        f"select {first}.person, count(*) over () n {source} order by {question.order}, {tie}.record"
        f" offset {question.query.offset} limit 10",
        clinic.key,
    )
    if not rows:
        return await _twofold(connection, clinic, question)
    return [row["person"] for row in rows], rows[0]["n"]


async def _twofold(connection: asyncpg.Connection, clinic: Clinic, question: Question) -> tuple[list[PersonKey], int]:
    """One statement that counts, and another that can stop as soon as it has the page."""
    source, first, tie = _source(question)
    count = await connection.fetchval(f"select count(*) {source}", clinic.key)
    rows = await connection.fetch(
        f"select {first}.person {source} order by {question.order}, {tie}.record"
        f" offset {question.query.offset} limit 10",
        clinic.key,
    )
    return [row["person"] for row in rows], count
