-- Patients who turned out to be one: whose record went into whose. Entries of the audit keep the key of the former one.
create table patients.joined (
    gone uuid primary key,
    kept uuid not null,                  -- the last one: when he goes into another in turn, that one
    organization uuid not null,
    at timestamptz not null
);
create index joined_kept on patients.joined (kept);
