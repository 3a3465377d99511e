"""Run the demo: the same process tree as `openward serve`, set up and then loaded from outside."""

from dataclasses import replace
from typing import Any

from openward.cli.act import acting
from openward.cli.api import connected
from openward.cli.demo.cast import CLINICS, PASSWORD, Patient, patients, provisioning
from openward.cli.demo.clouds import partner_clouds
from openward.cli.demo.coaching import give_plans
from openward.cli.demo.ehr import Known, order_once, record_systems
from openward.cli.demo.load import AT_ONCE, Loader
from openward.cli.demo.screen import show_logins
from openward.cli.demo.state import State
from openward.cli.demo.virtual_care import book_today
from openward.cli.outcome import Failed
from openward.cli.progress import counting
from openward.cli.provision.apply import apply
from openward.cli.provision.file import decode
from openward.cli.tree import Listener, Tree, listen
from openward.config import Settings

# Data of one person, roughly: the bar needs a total before the first file is read.
_DATA_OF_A_SAMPLE = 1900
_DATA_OF_A_DAY = 295


async def run(settings: Settings, state: State, *, is_port_given: bool, load_only: bool) -> None:
    """Serve until stopped; load whoever is missing as soon as the pages answer, and book visits of today."""
    state.write()
    listener = _listen(settings, is_port_given)
    tree = Tree(settings, listener, processes=1, workers=1)
    answer: dict[str, Any] = {}

    others: dict[str, Any] = {}

    dsns: list[str] = []

    async def prepare(dsn: str) -> None:
        dsns.append(dsn)
        async with acting(replace(settings, port=listener.port), dsn, "demo") as work:
            answer.update(await apply(work, decode(provisioning(state.service_secret) | others)))

    async def ready() -> None:
        show_logins(listener.url)
        await _load(listener, state, {made["key"]: made["id"] for made in answer["organizations"]})
        async with acting(replace(settings, port=listener.port), dsns[0], "demo") as work:
            await give_plans(work, patients())
        await order_once(systems, state, {clinic.key: _known(clinic.key) for clinic in CLINICS})
        if load_only:
            tree.stop()

    async with partner_clouds(state, listener.port) as partners, record_systems(listener.port) as systems:
        others |= {"partners": partners, **systems.links}
        await tree.run(ready, prepare)


def _listen(settings: Settings, is_port_given: bool) -> Listener:
    """The usual port, or any free one when a newcomer's machine uses that for something else."""
    try:
        return listen(settings.host, settings.port)
    except Failed:
        if is_port_given:
            raise
        return listen(settings.host, 0)


async def _load(listener: Listener, state: State, ids: dict[str, str]) -> None:
    missing = [person for person in patients() if person.mrn not in state.finished]
    # The many data first, so that nobody with sixty days of them is left alone at the end.
    missing.sort(key=lambda person: -_expected(person))
    async with connected(f"http://{listener.probe_host}:{listener.port}", AT_ONCE) as api:
        if missing:
            with counting(f"Loading data of {len(missing)} people", sum(map(_expected, missing))) as report:
                await Loader(api, state, ids, report).load(CLINICS, missing)
        for clinic in CLINICS:
            token, _ = await api.sign_in(clinic.staff[0][1], PASSWORD)
            listed = await api.call(
                "GET", f"/v1/clinics/{ids[clinic.key]}/patients?limit=8&sort=%2BfullName&sortType=cgm", token
            )
            await book_today(api, clinic.key, [row["id"] for row in listed["data"]])


def _known(clinic: str) -> list[Known]:
    """Patients with new data, whom a record system asks for: those with a pump first, and one without a sensor."""
    order = ("simulated", "drawn", "shanghai", "hall")
    having = [one for one in patients() if one.clinic == clinic and one.story.days and not one.story.silent_days]
    having.sort(key=lambda one: (not one.story.is_meter_only, order.index(one.story.source)))
    return [Known(one.name, one.born, one.mrn) for one in having]


def _expected(person: Patient) -> int:
    if person.story.source != "drawn":
        return 4000 if person.story.source == "simulated" else _DATA_OF_A_SAMPLE
    return person.story.days * (12 if person.story.is_meter_only else int(_DATA_OF_A_DAY * person.story.kept))
