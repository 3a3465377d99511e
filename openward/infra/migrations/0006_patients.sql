-- Patients of organizations: a person once (the account), and an enrolment in each organization that cares for him.
create schema patients;

create table patients.enrolment (
    key uuid not null unique,            -- time-ordered; breaks ties in lists
    organization uuid not null references organizations.organization,
    person uuid not null,
    full_name text not null,
    birth_date date,                     -- null: unknown
    email text,                          -- the contact address, lower case; the login belongs to the account
    mrn text,
    exclusive_mrn text,                  -- the MRN as long as it was written under a rule that it be unique
    target_devices text[],
    tags uuid[] not null default '{}',
    sites uuid[] not null default '{}',
    permissions text[] not null default '{}',
    glycemic_ranges jsonb,
    diagnosis_type text,
    data_sources jsonb,                  -- [{"provider", "state", ...}]
    connection_requests jsonb not null default '{}', -- provider: [{"provider", "at"}], newest first
    reviews jsonb not null default '[]', -- the two latest, newest first: [{"by", "at"}]
    last_upload_reminder_at timestamptz,
    is_active boolean not null,          -- false: out of lists and counts, still readable by id
    removed_at timestamptz,              -- taken out of the organization; the row keeps its names answering
    is_demo boolean not null default false,
    counts_in_plan boolean not null,
    is_migrated boolean not null default false,
    attestation_submitted boolean,
    legacy_clinicians text[] not null default '{}',
    invited_by uuid,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (organization, person)
);
create index enrolment_person on patients.enrolment (person);
create index enrolment_mrn on patients.enrolment (organization, mrn) where mrn is not null;
create unique index enrolment_exclusive_mrn on patients.enrolment (organization, exclusive_mrn)
    where exclusive_mrn is not null and removed_at is null;
create index enrolment_in_plan on patients.enrolment (organization) where counts_in_plan and is_active;

create table patients.archive (
    key uuid primary key,
    organization uuid not null,
    person uuid not null,
    deleted_at timestamptz not null,
    deleted_by uuid,                     -- null: a service
    content jsonb not null               -- the whole row as it was
);
create index archive_person on patients.archive (person, deleted_at);
