-- Moves that cross rooms: patients of old clinician accounts into clinics, and one clinic into another.
create schema transfers;

-- One migration per account in the whole system, hence the key.
create table transfers.migration (
    person uuid primary key,             -- the old clinician account
    organization uuid not null references organizations.organization on delete cascade,
    status text not null check (status in ('pending', 'running', 'completed')),
    attested_at timestamptz,             -- when the trigger attested that patients may be moved
    began_at timestamptz,                -- when the job took over the account
    ended_at timestamptz,                -- when the job found nobody left; the status may be set by others, too
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index migration_organization on transfers.migration (organization, created_at);

-- What became of each patient who shared with the account.
create table transfers.migrated (
    account uuid not null references transfers.migration on delete cascade,
    patient uuid not null,
    outcome text not null check (outcome in ('moved', 'present', 'gone', 'refused')),
    reason text not null default '',     -- of a refusal: which rule, never a value
    at timestamptz not null,
    primary key (account, patient)
);

-- Executed merges; the plan names people by their keys and holds no summaries.
create table transfers.merge (
    key uuid primary key,
    target uuid not null,
    source uuid not null,                -- the key of an organization that is gone
    source_name text not null,
    at timestamptz not null,
    by_person uuid,                      -- null: a service or an operator
    credential text not null,
    counts jsonb not null,               -- {"patients": {"MOVE": 3, ...}, ...}
    plan jsonb not null,
    told int not null default 0          -- how many of those to be told by mail have been
);
create index merge_target on transfers.merge (target, at desc);
create unique index merge_source on transfers.merge (source);
