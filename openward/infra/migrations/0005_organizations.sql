-- Clinics, practices and coaching organizations: one row each, with their tags, sites and members.
create schema organizations;

create table organizations.organization (
    key uuid primary key,
    provisioning_key text unique,        -- the stable handle of a provisioning file
    name text not null default '',
    address text,
    city text,
    postal_code text,
    state text,
    country text,
    phone_numbers jsonb,                 -- [{"type", "number"}]; null: never given
    clinic_type text,
    clinic_size text,
    website text,
    timezone text,
    preferred_units text,                -- mg/dL or mmol/L; null: not chosen yet
    tier text not null,
    is_migrated boolean not null,        -- false while an old clinician account is being moved into it
    has_had_tags boolean not null default false,
    has_had_sites boolean not null default false,
    mrn jsonb,                           -- {"required", "unique"}; null: never set
    ehr jsonb,
    patient_limits jsonb not null,       -- {"hard": {"plan", "start", "end"}, "soft": ...}
    suppressed_notifications jsonb,
    membership_restrictions jsonb not null default '[]',
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index organization_created on organizations.organization (created_at, key);

create table organizations.tag (
    key uuid primary key,
    organization uuid not null references organizations.organization on delete cascade,
    name text not null,
    folded text not null,                -- what two tags may not share: no spaces, lower case
    created_at timestamptz not null,
    unique (organization, folded)
);

create table organizations.site (
    key uuid primary key,
    organization uuid not null references organizations.organization on delete cascade,
    name text not null,
    folded text not null,                -- lower case
    created_at timestamptz not null,
    unique (organization, folded)
);

create table organizations.member (
    key uuid primary key,
    organization uuid not null references organizations.organization on delete cascade,
    person uuid,                         -- null while an invite waits
    invite text,                         -- the key of the confirmation, until it is accepted
    email text not null,                 -- lower case; '' for service accounts
    name text,
    roles text[] not null,
    role_history jsonb not null default '[]',
    is_service_account boolean not null default false,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create unique index member_person_once on organizations.member (organization, person) where person is not null;
create unique index member_invite_once on organizations.member (organization, invite) where invite is not null;
create unique index member_email_once on organizations.member (organization, email) where email <> '';
create index member_of on organizations.member (person, created_at desc) where person is not null;
create index member_created on organizations.member (created_at, key);

create table organizations.archive (
    key uuid primary key,
    kind text not null,                  -- organization or member
    organization uuid not null,
    deleted_at timestamptz not null,
    deleted_by uuid,                     -- null: a service
    content jsonb not null               -- the whole row as it was
);
create index archive_organization on organizations.archive (organization, deleted_at);
