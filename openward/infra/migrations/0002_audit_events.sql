-- Who read or wrote whose record, and what happened, in order.
create schema audit;

create table audit.entry (
    key uuid not null,
    at timestamptz not null,
    action text not null,                -- read, write, delete, export ...
    what text not null,                  -- the part of the record: devicedata, summary, enrolment ...
    patient uuid,
    organization uuid,
    actor_kind text not null,
    actor uuid,
    credential text not null,
    address text not null,
    route text not null,
    trace text not null,
    primary key (at, key)
);
create index entry_patient on audit.entry (patient, at desc);
create index entry_actor on audit.entry (actor, at desc);
create index entry_organization on audit.entry (organization, at desc);

create schema events;

create table events.event (
    key uuid primary key,                -- time-ordered
    at timestamptz not null,
    kind text not null,
    trace text not null,
    data jsonb not null
);
create index event_kind on events.event (kind, at);
