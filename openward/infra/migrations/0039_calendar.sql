-- What is planned with a patient: calls, office visits, check-ins, reminders.
create schema calendar;

create table calendar.event (
    key uuid primary key,
    organization uuid not null,
    owner uuid not null,                 -- the patient
    type text not null,
    title text not null,
    location text,
    description text,
    timezone text not null,              -- an IANA name
    is_all_day boolean not null,
    starts_at timestamptz not null,
    starts_said text not null,           -- as it was sent, with its offset
    ends_at timestamptz,
    ends_said text,
    completed_at timestamptz,
    completed_said text,
    completed_by uuid,                   -- a member
    remind_at timestamptz,               -- when to remind those who come; null: there is nothing left to do
    created_at timestamptz not null,
    created_by uuid,                     -- a member; null: a program
    updated_at timestamptz not null,
    updated_by uuid,
    check ((ends_at is null) = (ends_said is null)),
    check ((completed_at is null) = (completed_said is null)),
    check ((completed_at is null) = (completed_by is null))
);
create index event_order on calendar.event (organization, created_at, key);
create index event_start on calendar.event (organization, starts_at, key);
create index event_owner on calendar.event (owner, created_at, key);
create index event_remind on calendar.event (remind_at) where remind_at is not null;

-- Who comes: members who coach, and patients.
create table calendar.attendee (
    key uuid primary key,
    event uuid not null references calendar.event on delete cascade,
    participant uuid not null,           -- a member or a person
    is_coach boolean not null,
    place smallint not null,
    status text not null,
    is_reminded boolean not null default false,
    unique (event, participant)
);
create index attendee_participant on calendar.attendee (participant);

-- Who is in which group, for lists of groups.
create view calendar.place as select organization, patient_group, person from patients.group_place;

-- The history of mails, for programs of an organization: by whom, to whom, and what became of it.
alter table notices.message
    add column number uuid not null default gen_random_uuid(), -- by which mail systems would know it
    add column sender uuid,              -- the person who had it sent; null: the installation itself
    add column receiver uuid,            -- the person whose mailbox it went to, where that is known
    add column deferred_at timestamptz,  -- when a mail server last put us off
    add column dropped_at timestamptz;   -- when it was given up
update notices.message set receiver = person where template <> 'patient_offer';
update notices.message set dropped_at = created_at where status = 'refused';
create index message_receiver on notices.message (organization, receiver, created_at, key)
    where organization is not null and receiver is not null;
insert into identity.identifier (system, scope, value, entity, kind, is_exclusive, created_at)
select 'twine', '00000000-0000-0000-0000-000000000000', left(replace(gen_random_uuid()::text, '-', ''), 24), key,
    'message', true, created_at
from notices.message where organization is not null and receiver is not null;
