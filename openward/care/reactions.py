"""The tables: when this happened, this changes with it and these jobs follow; and all jobs by name."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openward.care import (
    accounts,
    assistance,
    calendar,
    coaching,
    connections,
    consents,
    consults,
    conversations,
    devicedata,
    documentation,
    ehr,
    episodes,
    files,
    notices,
    observations,
    organizations,
    patients,
    prescriptions,
    reports,
    rewards,
    roster,
    subscriptions,
    summaries,
    surveys,
    transfers,
    usage,
    visits,
)
from openward.care.ehr import feed, xealth
from openward.care.subscriptions import Topic
from openward.care.work import Work
from openward.infra.jobs import Deferred


@dataclass(frozen=True, slots=True)
class Task:
    """A job: `run(work, data)`; or, when it must call out between two transactions, `run(gate, data)`.

    at_once: how many of it one process runs at a time, for those that keep a processor busy; 0 for no bound of its own.
    """

    run: Callable[[Any, Mapping[str, Any]], Awaitable[None]]
    attempts: int = 12
    opens_own_work: bool = False
    at_once: int = 0


JOBS: dict[str, Task] = {
    "notices.deliver": Task(notices.deliver, opens_own_work=True),
    "accounts.sweep": Task(accounts.sweep),
    accounts.REMIND: Task(accounts.remind),
    connections.REMIND: Task(connections.remind),
    "connections.sweep": Task(connections.sweep),
    roster.FORGET: Task(roster.forget_label),
    roster.SORT: Task(roster.sort_words),
    summaries.REFRESH: Task(summaries.refresh_job),
    summaries.SPREAD: Task(summaries.spread_job),
    summaries.SWEEP: Task(summaries.sweep_job),
    ehr.HANDLE: Task(ehr.handle_job),
    ehr.SWEEP: Task(ehr.sweep_job),
    ehr.TICK: Task(ehr.tick_job),
    ehr.AFTER_UPLOAD: Task(ehr.after_upload_job),
    xealth.SWEEP: Task(xealth.sweep_job),
    feed.SWEEP: Task(feed.sweep_job),
    files.DROP: Task(files.drop_job),
    documentation.DROP: Task(documentation.drop_job),
    "subscriptions.sweep": Task(subscriptions.sweep),
    reports.BUILD: Task(reports.build_encounters, attempts=reports.MOST_TRIES + 1, opens_own_work=True),
    reports.SWEEP: Task(reports.sweep_job),
    "usage.sweep": Task(usage.sweep),
    calendar.REMIND: Task(calendar.remind_job),
    visits.SWEEP: Task(visits.sweep_job),
    visits.SWEEP_CALLS: Task(visits.sweep_calls_job),
    visits.LEFT: Task(visits.left_job),
    transfers.CARRY: Task(transfers.carry),
    transfers.TELL: Task(transfers.tell_merged),
}

SCHEDULES: dict[str, str] = {
    "accounts.sweep": "17 3 * * *",
    accounts.REMIND: "* * * * *",
    "connections.sweep": "37 3 * * *",
    "subscriptions.sweep": "47 3 * * *",
    reports.SWEEP: "*/10 * * * *",
    "usage.sweep": "27 3 * * *",
    calendar.REMIND: "* * * * *",
    visits.SWEEP: "* * * * *",
    visits.SWEEP_CALLS: "* * * * *",
    roster.SORT: "* * * * *",
    summaries.SWEEP: "* * * * *",
    ehr.SWEEP: "27 3 * * *",
    ehr.TICK: "* * * * *",
    xealth.SWEEP: "37 3 * * *",
    feed.SWEEP: "57 3 * * *",
}
"""Job name to a five-field cron expression in UTC."""


async def _list_summary(work: Work, event: summaries.SummaryChanged) -> None:
    """Carry a sensor or meter summary into every list that the person is on, or take it off."""
    kind = summaries.Kind(event.kind)
    if kind is not summaries.Kind.CONTINUOUS:
        kept = await summaries.current(work, event.person, kind)
        await roster.put_summary(work, event.person, kind, None if kept is None else summaries.copy_of(kept))


async def _follow_merge(work: Work, event: transfers.OrganizationsMerged) -> None:
    """What rooms keep of an organization goes on into another: a room that keeps something adds its line here."""
    people = await patients.people_of(work, event.target)
    await roster.move(work, event.source, event.target, people, event.tags)
    await ehr.move(work, event.source, event.target, await transfers.moved_people(work, event.merge))
    await prescriptions.move(work, event.source, event.target)
    await xealth.move(work, event.source, event.target)
    await feed.move(work, event.source, event.target)
    await accounts.move_api_keys(work, event.source, event.target)
    await accounts.move_clients(work, event.source, event.target)
    await organizations.take_groups(work, event.source, event.target)
    await patients.move_groups(work, event.source, event.target)
    await patients.move_joined(work, event.source, event.target)
    await accounts.move_linking_secrets(work, event.source, event.target)
    await subscriptions.move(work, event.source, event.target)
    await coaching.move(work, event.source, event.target)
    await episodes.move(work, event.source, event.target)
    await assistance.move(work, event.source, event.target)
    await reports.move(work, event.source, event.target)
    await visits.follow_merge(work, event.source, event.target)
    await calendar.move(work, event.source, event.target)
    await notices.move(work, event.source, event.target)
    await documentation.move(work, event.source, event.target)
    await consults.move(work, event.source, event.target)
    await surveys.move(work, event.source, event.target)
    await rewards.move(work, event.source, event.target)
    await observations.move(work, event.source, event.target)
    await devicedata.move_sets(work, event.source, event.target)


_COACHING = "org.openward.coaching"


async def _follow_join(work: Work, event: patients.PatientsJoined) -> None:
    """What rooms keep of a person goes on to another: a room that keeps something adds its line here."""
    gone, kept = event.gone, event.kept
    for join in (
        notices.join_people,
        devicedata.join_people,
        observations.join_people,
        summaries.join_people,
        connections.join_people,
        conversations.join_people,
        consents.join_people,
        files.join_people,
        prescriptions.join_people,
        usage.join_people,
        subscriptions.join_people,
        episodes.join_people,
        assistance.join_people,
        visits.join_people,
        coaching.join_people,
        calendar.join_people,
        surveys.join_people,
        rewards.join_people,
        documentation.join_people,
        consults.join_people,
        ehr.join_people,
        transfers.join_people,
    ):
        await join(work, gone, kept)


async def _keep_as_readings(work: Work, event: observations.GlucoseMeasured) -> None:
    """Glucose that was written down as an observation is a reading among the device data, too."""
    kept = await observations.get_many(work, event.observations)
    await devicedata.keep_measured(work, event.organization, _COACHING, _measurements(kept))


def _measurements(kept: Sequence[observations.Observation]) -> list[devicedata.Measurement]:
    return [
        devicedata.Measurement(one.person, what.occurred_at, what.value, what.unit)
        for one in kept
        if (what := one.measured).value is not None and what.unit is not None
    ]


async def _forget_reading(work: Work, event: observations.GlucoseWithdrawn) -> None:
    """What is taken back as an observation is no reading any more, either, unless another one says the same."""
    gone = devicedata.Measurement(event.person, event.occurred_at, event.value, event.unit)
    others = await observations.glucose_at(work, event.organization, event.person, event.occurred_at)
    await devicedata.forget_measured(work, event.organization, _COACHING, gone, _measurements(others))


_ENDED = {
    visits.Outcome.CANCELLED: Topic.APPOINTMENT_CANCELLED,
    visits.Outcome.COMPLETED: Topic.APPOINTMENT_COMPLETED,
    visits.Outcome.INCOMPLETE: Topic.APPOINTMENT_INCOMPLETE,
    visits.Outcome.NO_SHOW: Topic.APPOINTMENT_NO_SHOW,
    visits.Outcome.LEFT: Topic.APPOINTMENT_LEFT,
}


def _publish(topic: Topic, subject: str) -> Callable[[Work, Any], Awaitable[None]]:
    """Queue a topic for the endpoints of the event's organization; `subject` is the field that says about whom."""

    async def publish(work: Work, event: Any) -> None:
        found = getattr(event, subject)
        await subscriptions.publish(work, event.organization, topic, *(found if isinstance(found, tuple) else [found]))

    return publish


async def _publish_end(work: Work, event: visits.AppointmentEnded) -> None:
    await subscriptions.publish(work, event.organization, _ENDED[event.outcome], event.appointment)


async def _follow_groups(work: Work, event: organizations.GroupsTaken) -> None:
    """Whoever names a group that is gone names the one in its place."""
    await accounts.replace_client_groups(work, event.organization, event.replaced)
    await patients.replace_groups(work, event.replaced)
    await roster.replace_groups(work, event.organization, event.replaced)
    await rewards.replace_groups(work, event.replaced)


IMMEDIATE: dict[type, list[Callable[[Work, Any], Awaitable[None]]]] = {
    devicedata.DataChanged: [summaries.mark],
    devicedata.ManyDataChanged: [summaries.mark_many],
    observations.ObservationsRecorded: [coaching.take_up],
    observations.GlucoseMeasured: [_keep_as_readings],
    observations.GlucoseWithdrawn: [_forget_reading],
    connections.ConnectionOpened: [connections.begin_fetching],
    connections.ConnectionClosed: [connections.end_fetching],
    connections.SourceFailed: [connections.tell_trouble],
    summaries.SummaryChanged: [_list_summary, ehr.follow_summary],
    accounts.AccountClaimed: [patients.claimed],
    accounts.AccountDeleted: [transfers.account_deleted, connections.account_deleted],
    accounts.EmailChanged: [transfers.email_changed],
    organizations.OrganizationCreated: [patients.enrol_demo, organizations.greet],
    organizations.GroupsTaken: [_follow_groups],
    organizations.RolesChanged: [organizations.tell_roles],
    organizations.TagDeleted: [roster.follow_tag],
    organizations.SiteDeleted: [roster.follow_site],
    patients.AddressChanged: [connections.repeat_requests],
    patients.ConnectionRequested: [connections.send_request],
    patients.Enrolled: [connections.copy_sources],
    patients.EnrolmentChanged: [roster.follow_enrolment, ehr.follow_enrolment],
    patients.ManyEnrolled: [roster.follow_many, ehr.follow_many],
    patients.EnrolmentEnded: [transfers.close_unkept, ehr.enrolment_ended],
    patients.ClaimedRemoved: [roster.follow_removal, transfers.close_many_unkept, ehr.claimed_removed],
    patients.MRNChanged: [ehr.mrn_changed],
    patients.Regrouped: [roster.follow_groups],
    patients.PatientsJoined: [_follow_join],
    patients.PatientCreated: [_publish(Topic.PATIENT_CREATED, "person")],
    patients.PatientUpdated: [_publish(Topic.PATIENT_UPDATED, "person")],
    patients.PatientDeactivated: [_publish(Topic.PATIENT_DEACTIVATED, "person")],
    patients.ManyCreated: [_publish(Topic.PATIENT_CREATED, "people")],
    patients.ManyDeactivated: [_publish(Topic.PATIENT_DEACTIVATED, "people")],
    visits.AppointmentBooked: [documentation.attach_to, _publish(Topic.APPOINTMENT_BOOKED, "appointment")],
    visits.AppointmentRescheduled: [_publish(Topic.APPOINTMENT_RESCHEDULED, "appointment")],
    visits.AppointmentEnded: [visits.close_call, _publish_end],
    episodes.EpisodeCreated: [_publish(Topic.EPISODE_CREATED, "episode")],
    episodes.EpisodeUpdated: [_publish(Topic.EPISODE_UPDATED, "episode")],
    subscriptions.EndpointDisabled: [organizations.tell_endpoint_disabled],
    transfers.OrganizationsMerged: [_follow_merge, transfers.close_source],
}
"""What must change in the very transaction of an event; what it records is followed in turn. Keep these cheap."""

REACTIONS: dict[type, list[Callable[[Any], Sequence[Deferred]]]] = {}


def follow(recorded: Sequence[object]) -> list[Deferred]:
    """The jobs that follow from what was recorded, in order."""
    return [job for event in recorded for reaction in REACTIONS.get(type(event), ()) for job in reaction(event)]


async def react(work: Work) -> None:
    """Run what must change together with what was recorded, in order."""
    for event in work.recorded:  # grows when a reaction records something itself
        for reaction in IMMEDIATE.get(type(event), ()):
            await reaction(work, event)
