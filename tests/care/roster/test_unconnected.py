"""Which partner clouds of a patient are not connected: kept with each change, and filled in for entries of before."""

from datetime import date
from pathlib import Path

import pytest

import openward.infra
from openward.care import organizations, patients, reactions
from openward.care.organizations import Profile
from openward.care.patients import DataSource, Details
from openward.care.work import Work

pytestmark = pytest.mark.anyio

MIGRATION = Path(openward.infra.__file__).parent / "migrations" / "0013_roster_sources_and_names.sql"


async def test_entries_of_before_are_filled_in(work: Work) -> None:
    place = await organizations.create(work, Profile(name="Willow"), admin=None)
    given = {
        "Łucja Sørås": (
            DataSource("dexcom", "error"),
            DataSource("abbott", "connected"),
            DataSource("dexcom", "pending"),
        ),
        "Ada": (DataSource("twiist", "disconnected"), DataSource("abbott", "pending")),
        "Bo": (DataSource("dexcom", "connected"),),
        "Cy": None,
    }
    for name, sources in given.items():
        details = Details(full_name=name, birth_date=date(1990, 1, 1), data_sources=sources)
        await patients.create_custodial(work, place.key, details)
        await reactions.react(work)
        work.recorded.clear()
    read = "select name_key, unconnected from roster.entry where organization = $1"
    kept = {row["name_key"]: row["unconnected"] for row in await work.tx.fetch(read, place.key)}
    assert kept == {"lucja soras": ["dexcom"], "ada": ["abbott", "twiist"], "bo": [], "cy": []}
    await work.tx.execute(
        "update roster.entry set unconnected = '{}', name_key = replace(name_key, 'lucja soras', 'łucja søras')"
        " where organization = $1",
        place.key,
    )
    for statement in MIGRATION.read_text("utf-8").split(";"):
        if "\nupdate" in statement:
            await work.tx.execute(statement)
    assert {row["name_key"]: row["unconnected"] for row in await work.tx.fetch(read, place.key)} == kept
