-- Coded single measurements: labs, vitals, what patients measure at home. Never changed once written.
create schema observations;

-- The id of 24 hex digits that callers know is the row's own key, as twelve bytes: it costs no row elsewhere.
-- Fixed widths first, so that nothing is lost to alignment.
create table observations.observation (
    occurred_at timestamptz not null,
    created_at timestamptz not null,
    organization uuid not null,
    person uuid not null,
    value double precision,              -- in the unit that was sent
    systolic double precision,           -- of a blood pressure, in mmHg, as diastolic
    diastolic double precision,
    canonical double precision,          -- the value in the first unit of its type
    id bytea primary key,
    type text collate "C" not null,
    unit text,                           -- as it was sent
    code_system text,                    -- as they were given
    code text,
    other jsonb                          -- a value that is no number, where the type allows that
);
create index observation_order on observations.observation (organization, occurred_at desc, id desc);
create index observation_person on observations.observation (person, organization, occurred_at desc, id desc);
create index observation_type on observations.observation (person, type, occurred_at desc);

-- How many an organization has, in parts, so that writers do not wait for each other.
create table observations.tally (
    organization uuid not null,
    part smallint not null,
    count bigint not null,
    primary key (organization, part)
) with (fillfactor = 50);

-- Who is in which group, for lists of groups.
create view observations.place as select organization, patient_group, person from patients.group_place;

-- What an organization measures itself or is told has one set a person; other sets belong to no organization.
alter table devicedata.data_set add column organization uuid;
create unique index data_set_organization on devicedata.data_set (subject, organization)
    where organization is not null and deleted_at is null;
