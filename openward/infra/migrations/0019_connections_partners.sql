-- Partner clouds as they are set up, and the sessions in which people let us fetch their data.
create table connections.partner (
    name text primary key,
    base_url text not null,
    client_id text not null,
    secret_sealed bytea not null,
    policy jsonb not null default '{}',  -- what differs from the partner's own
    created_at timestamptz not null,
    modified_at timestamptz not null
);

create table connections.session (
    key uuid primary key,
    id text not null unique,             -- as services see it
    person uuid not null,
    provider_type text not null,
    provider_name text not null,
    external_id text,                    -- the partner's own name of the connection, where it has one
    token_sealed bytea,
    created_at timestamptz not null,
    modified_at timestamptz,
    unique nulls not distinct (person, provider_type, provider_name, external_id)
);
create index session_external on connections.session (external_id) where external_id is not null;
create index session_provider on connections.session (provider_name, person);

-- Links that have led to a connection, and states that have come back once: neither is good a second time.
create table connections.spent (
    hash bytea primary key,
    expires_at timestamptz not null
);
create index spent_expires on connections.spent (expires_at);
