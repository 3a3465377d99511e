-- Links with systems of health records: what they sent, which patients are to be reported on, what is to be pushed.
create schema ehr;

-- How to talk with one system, for the whole installation.
create table ehr.link (
    provider text primary key,           -- redox, xealth
    sealed bytea not null,               -- JSON: addresses, names and secrets
    modified_at timestamptz not null
);

-- Every message that came in, whole.
create table ehr.message (
    key uuid primary key,
    name text not null unique,           -- the document id that the outside uses, 24 hex digits
    provider text not null,
    data_model text not null,            -- Order, PatientAdmin ...
    event_type text not null,            -- New, Update ...
    content bytea not null,              -- as it came
    facts jsonb,                         -- what an order says, in care's words; null for other messages
    source text,                         -- who sent it: the sending system's id
    source_number text,                  -- the number that the sending system gave the message
    order_number text,
    procedure_code text,
    status text not null,                -- waiting, done, failed, repeated, ignored
    reason text,                         -- a code; never health data
    organization uuid,                   -- whose patients it was matched with
    person uuid,                         -- whom it was matched with, or whose account it made
    unmatched_mrn text,                  -- set while nobody has this MRN and the date of birth
    received_at timestamptz not null,
    handled_at timestamptz
);
create index message_source on ehr.message (provider, source, received_at, key) where status = 'waiting';
create index message_number on ehr.message (provider, source, source_number) where source_number is not null;
create index message_order on ehr.message (provider, source, order_number) where order_number is not null;
create index message_organization on ehr.message (organization, received_at) where organization is not null;
create index message_unmatched on ehr.message (organization, unmatched_mrn) where unmatched_mrn is not null;
-- One order has one answer, whoever handles it first.
create unique index message_order_once on ehr.message (provider, source, order_number, procedure_code)
    where provider = 'redox' and status in ('done', 'failed');

-- Whether an organization reports on its patient to a system. Tidepool: summaryAndReports and xealthReports.
create table ehr.subscription (
    organization uuid not null,
    person uuid not null,
    provider text not null,
    is_active boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (organization, person, provider)
);
create index subscription_person on ehr.subscription (person) where is_active;

-- The orders that switched a subscription on or off.
create table ehr.matched_message (
    place bigint generated always as identity primary key,   -- the highest is the last
    organization uuid not null,
    person uuid not null,
    provider text not null,
    message uuid not null references ehr.message,
    unique (organization, person, provider, message),
    foreign key (organization, person, provider) references ehr.subscription on update cascade on delete cascade
);

-- What is to be pushed: one report on one patient to one system.
create table ehr.sync_task (
    key uuid primary key default gen_random_uuid(),
    name text not null unique,           -- the document id of what is sent, 24 hex digits
    organization uuid not null,
    person uuid not null,
    provider text not null,
    message uuid not null references ehr.message,            -- the last order that was matched
    previous uuid references ehr.sync_task on delete set null,   -- the task before it for the same order
    state text not null,                 -- due
    created_at timestamptz not null
);
create index sync_task_order on ehr.sync_task (organization, person, message, created_at);
create index sync_task_due on ehr.sync_task (created_at) where state = 'due';
create index sync_task_created on ehr.sync_task (created_at);
create index sync_task_previous on ehr.sync_task (previous) where previous is not null;

-- Orders name the organization by the id of the sending system, and patients by their date of birth.
create index organization_ehr_source on organizations.organization ((ehr ->> 'sourceId')) where ehr is not null;
create index enrolment_birth on patients.enrolment (organization, birth_date);
