"""The demo: who is in it, how data are moved to today, and the whole of it once."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from openward.cli.demo.cast import CLINICS, PASSWORD, patients, provisioning
from openward.cli.demo.datums import data
from openward.cli.demo.recordings import recording
from openward.cli.demo.state import State, remove
from openward.cli.outcome import Failed
from openward.cli.provision.file import decode
from tests.cli.running import Running, openward

NOW = datetime(2026, 7, 4, 13, 37, tzinfo=UTC)


def test_the_cast_is_large_varied_and_always_the_same() -> None:
    cast = patients()
    assert cast == patients()
    assert len(cast) >= 40
    assert len({person.mrn for person in cast}) == len({person.name for person in cast}) == len(cast)
    assert all(len(clinic.staff) >= 2 for clinic in CLINICS)
    assert {person.clinic for person in cast} == {clinic.key for clinic in CLINICS}
    assert {person.story.source for person in cast} == {"hall", "shanghai", "simulated", "drawn"}
    plan = decode(provisioning("a-secret-of-the-demo"))
    assert len(plan.organizations) == 2


def test_somebody_who_can_sign_in_has_an_invitation_and_somebody_asks() -> None:
    staff = {email: clinic.key for clinic in CLINICS for _, email, _ in clinic.staff}
    invited = [(clinic.key, email) for clinic in CLINICS for email, _ in clinic.invited]
    assert any(staff.get(email, key) != key for key, email in invited)
    home = {person.email: person.clinic for person in patients() if person.email}
    asking = [(clinic.key, email) for clinic in CLINICS for email in clinic.asking]
    assert asking
    assert all(home[email] != key for key, email in asking)


@pytest.mark.parametrize("person", patients(), ids=lambda person: person.mrn)
def test_data_end_shortly_before_now_and_never_after(person: object) -> None:
    from openward.cli.demo.cast import Patient

    assert isinstance(person, Patient)
    made = data(person, recording(person), NOW)
    if person.story.days == 0:
        assert made == []
        return
    times = [datetime.fromisoformat(datum["time"]) for datum in made]
    assert times == sorted(times)
    end = NOW - timedelta(days=person.story.silent_days)
    assert times[-1] <= end
    # A recording may have a gap where it meets the present; half a day is the longest there is.
    assert end - times[-1] < timedelta(hours=24)
    for datum in made[-3:]:
        offset = datetime.fromisoformat(datum["deviceTime"] + "+00:00") - datetime.fromisoformat(datum["time"])
        assert offset == timedelta(minutes=datum["timezoneOffset"])


def test_spacing_of_readings_is_kept_over_a_change_of_clocks() -> None:
    person = next(person for person in patients() if person.story.source == "simulated" and "London" in person.zone)
    made = data(person, recording(person), datetime(2026, 4, 4, 12, tzinfo=UTC))
    times = [datetime.fromisoformat(datum["time"]) for datum in made if datum["type"] == "cbg"]
    assert {later - earlier for earlier, later in pairwise(times)} == {timedelta(minutes=5)}
    assert {datum["timezoneOffset"] for datum in made} == {0, 60}


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(Failed, match="not the demo"):
        State.read(tmp_path)
    with pytest.raises(Failed, match="not the demo"):
        remove(tmp_path)
    assert (tmp_path / "precious.txt").exists()


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_whole_demo_loads_once_and_starts_again_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    first = openward("demo", "--data-dir", str(folder), "--port", "0", "--load-only")
    assert PASSWORD in first.stdout
    assert CLINICS[0].staff[0][1] in first.stdout
    state = json.loads((folder / "demo.json").read_text())
    assert sorted(state["finished"]) == sorted(person.mrn for person in patients())
    assert state["is_ordered"] is True  # record systems gave their orders
    again = Running("demo", folder, "--port", "0")
    try:
        assert again.process.stdout is not None
        assert b"Openward is ready at http://" in again.process.stdout.readline()
        refused = openward("demo", "--data-dir", str(folder), "--reset", check=False)
        assert refused.returncode == 1
        assert "The demo is running" in refused.stderr
        assert again.stop() < 10
    finally:
        if again.process.poll() is None:
            again.kill_all()
    assert json.loads((folder / "demo.json").read_text()) == state
    remove(folder)
    assert not folder.exists()
