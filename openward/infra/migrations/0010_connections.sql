-- Links to partner clouds: where a person's data come from by themselves.
create schema connections;

create table connections.source (
    key uuid primary key,
    person uuid not null,
    provider_type text not null,
    provider_name text not null,
    session_id text unique,              -- of a source that is or was connected until now
    external_id text,
    state text not null check (state in ('connected', 'disconnected', 'error')),
    metadata jsonb,
    error jsonb,
    data_sets text[] not null default '{}',
    earliest_data_at timestamptz,
    latest_data_at timestamptz,
    last_import_at timestamptz,
    created_at timestamptz not null,
    modified_at timestamptz,
    revision int not null default 0
);
create unique index source_live on connections.source (person, provider_type, provider_name)
    where state in ('connected', 'error');
create index source_person on connections.source (person, created_at desc);
