-- What leaves for systems of health records: pushes that are carried out, and the messages that they are made of.

alter table ehr.sync_task
    add column is_order boolean not null default false,  -- the push that an order itself asks for
    add column reason text,                              -- why nothing was sent; a code, never health data
    add column finished_at timestamptz,
    add column noted_at timestamptz;                     -- when its note was really taken by the other side
-- state: due, sending, sent, skipped, failed
drop index ehr.sync_task_due;
create index sync_task_open on ehr.sync_task (organization, person, created_at, key) where state in ('due', 'sending');
create index sync_task_waiting on ehr.sync_task (created_at) where state = 'due';

-- One message to a system, kept to the letter from the moment it was made.
create table ehr.delivery (
    key uuid primary key,
    organization uuid not null,
    person uuid,                         -- null: a result of an order that nobody was matched with
    provider text not null,
    message uuid not null references ehr.message,        -- the order that it answers
    task uuid references ehr.sync_task on delete cascade,    -- null: a result
    kind text not null,                  -- results, flowsheet, notes
    event_type text not null,            -- New, Replace
    document text not null,              -- the id of what is sent, 24 hex digits
    replaces text,                       -- the id of the document that it stands for now
    verdict jsonb,                       -- what a result is to say
    body_sealed bytea,                   -- the request, sealed; null: it is still to be made
    state text not null,                 -- waiting, sent, given-up
    attempts smallint not null default 0,
    due_at timestamptz,                  -- null: nothing is to be done any more
    status smallint,                     -- of the last answer
    reason text,                         -- why the last attempt failed; a code
    created_at timestamptz not null,
    last_at timestamptz,
    sent_at timestamptz
);
create index delivery_organization on ehr.delivery (organization, created_at, key);
create index delivery_given_up on ehr.delivery (organization, created_at) where state = 'given-up';
create index delivery_person on ehr.delivery (person, created_at) where person is not null;
create index delivery_due on ehr.delivery (due_at) where due_at is not null;
create index delivery_task on ehr.delivery (task) where task is not null;
create index delivery_message on ehr.delivery (message);
create index delivery_created on ehr.delivery (created_at);
-- One push sends each kind once, and one order has one result of a kind at a time.
create unique index delivery_once on ehr.delivery (task, kind) where task is not null;

-- When an organization was last pushed for on its cadence.
create table ehr.cadence (
    organization uuid primary key,
    last_at timestamptz not null
);

-- The access token that Redox gave for our signed statement.
create table ehr.redox_token (
    link bytea primary key,              -- fingerprint of the link that it was given for
    sealed bytea not null,
    expires_at timestamptz not null
);
