-- Virtual care: waiting rooms, who works in them, and visits.
create schema visits;

create table visits.practice (
    organization uuid primary key,
    teams_graph_url text                           -- null: no Microsoft Teams
);

create table visits.room (
    key uuid primary key,
    organization uuid not null,
    number bigint generated always as identity,    -- the lowest of a practice is its default room
    name text not null,
    service_line text not null,
    service_type text not null,
    timezone text,                                 -- null: the organization's
    slot_duration_s int not null check (slot_duration_s between 1 and 86400),
    capacity int not null check (capacity >= 1),   -- visits side by side
    enforces_capacity boolean not null,            -- whether a full room refuses visits booked on our own pages
    hours jsonb not null,                          -- {"mon": [[540, 1020]]}, minutes of local wall time
    closed date[] not null,
    templates text[] not null,                     -- names of templates that each new visit carries
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (organization, name)
);

create sequence visits.staff_number;

create table visits.staff (
    organization uuid not null,
    person uuid not null,
    number bigint not null unique default nextval('visits.staff_number'),  -- what wires call the person
    username text,
    first_name text not null,
    middle_name text not null,
    last_name text not null,
    is_provider boolean not null,
    is_assistant boolean not null,
    primary key (organization, person)
);
create unique index staff_username on visits.staff (organization, lower(username)) where username is not null;

create table visits.appointment (
    key uuid primary key,
    organization uuid not null,
    person uuid not null,
    room uuid not null references visits.room,
    starts_at timestamptz not null,                -- whole seconds
    duration_s int not null check (duration_s between 1 and 86400),
    status text not null,
    reasons text[] not null,
    external_id text,
    account_number text,
    episode uuid,
    meeting_url text,                              -- of the one meeting in Microsoft Teams
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create unique index appointment_external on visits.appointment (organization, external_id)
    where external_id is not null;
create index appointment_day on visits.appointment (organization, starts_at, key);
create index appointment_person on visits.appointment (person, starts_at);
create index appointment_episode on visits.appointment (episode, starts_at) where episode is not null;
create index appointment_taken on visits.appointment (room, starts_at) include (duration_s)
    where status not in ('sign off', 'cancelled', 'not showed up');
create index appointment_expected on visits.appointment (starts_at) where status = 'scheduled';

create table visits.provider (
    appointment uuid not null references visits.appointment on delete cascade,
    person uuid not null,
    assigned_at timestamptz not null,
    primary key (appointment, person)
);

create table visits.call (
    key uuid primary key,
    id uuid not null unique,                       -- what wires and addresses call it; random
    appointment uuid not null unique references visits.appointment on delete cascade,
    status text not null,
    opened_at timestamptz not null,
    started_at timestamptz,                        -- both were there
    ended_at timestamptz
);
