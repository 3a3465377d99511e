-- Feeds of record systems (HL7 v2): who may send for which organization, what came, and how new what was taken is.

-- One sender of an organization. The four names are those that its messages bear; "" stands for any.
create table ehr.feed (
    key uuid primary key,
    organization uuid not null,
    sending_application text not null,
    sending_facility text not null,
    receiving_application text not null,
    receiving_facility text not null,
    settings jsonb not null,             -- peers, identifiers, rooms, providers ...
    is_enabled boolean not null default true,
    created_at timestamptz not null,
    modified_at timestamptz not null,
    unique (sending_application, sending_facility, receiving_application, receiving_facility)
);
create index feed_organization on ehr.feed (organization);

-- Every message of a known sender, whole, kept with its effect before it was answered.
create table ehr.feed_message (
    key uuid primary key,
    organization uuid not null,
    feed uuid not null references ehr.feed,
    control_id text not null,            -- the number that the sender gave the message
    digest bytea not null,               -- of what the message says, without when it was sent
    kind text not null,                  -- ADT^A04, SIU^S12 ...
    content_sealed bytea not null,       -- as it came
    state text not null,                 -- done, outdated, passed, failed, refused, settled
    reason text,                         -- a code; never health data
    answer bytea,                        -- the acknowledgement that was sent; null: none was asked for
    person uuid,
    appointment uuid,
    count int not null default 1,        -- how often it came
    received_at timestamptz not null,
    handled_at timestamptz not null,
    unique (feed, control_id)
);
create index feed_message_organization on ehr.feed_message (organization, received_at, key);
create index feed_message_failed on ehr.feed_message (organization, received_at) where state in ('failed', 'refused');
create index feed_message_person on ehr.feed_message (person) where person is not null;
create index feed_message_received on ehr.feed_message (received_at);

-- How new the demographics are that a feed has given a patient: an older message does not undo a newer one.
create table ehr.feed_patient (
    organization uuid not null,
    person uuid not null,
    said_at timestamptz not null,
    received_at timestamptz not null,
    primary key (organization, person)
);
create index feed_patient_person on ehr.feed_patient (person);

-- The same of a visit, by the name that the sender gave it; there is a line before there is a visit.
create table ehr.feed_visit (
    organization uuid not null,
    external_id text not null,
    said_at timestamptz not null,
    received_at timestamptz not null,
    primary key (organization, external_id)
);
