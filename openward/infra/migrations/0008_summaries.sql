-- Glucose summaries: their hours, their figures, and what has changed since they were computed.
create schema summaries;

create table summaries.summary (
    person uuid not null,
    kind text not null,                  -- cgm, bgm, con
    key uuid not null,                   -- the entity behind the published id
    version text not null,               -- rules that it was computed by; another one means compute anew
    updated_at timestamptz not null,
    updated_reason text[] not null,
    last_upload timestamptz,
    first_data timestamptz,
    last_data timestamptz,
    periods bytea not null,
    primary key (person, kind)
);
create index summary_version on summaries.summary (version, person);

-- One UTC day of hours; the day that holds the horizon may keep some that are older than it.
create table summaries.day (
    person uuid not null,
    kind text not null,
    day date not null,
    hours bytea not null,
    primary key (person, kind, day)
);

-- What has changed and is not computed yet: only added by writers, so that no upload waits for a computation,
-- and taken away by the computation that takes it into account.
create table summaries.mark (
    person uuid not null,
    kinds text[] not null,
    at timestamptz not null,
    reason text not null,
    earliest timestamptz not null,       -- the time span of the data that came, changed or went
    latest timestamptz not null
);
create index mark_person on summaries.mark (person);
alter table summaries.mark set (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);
