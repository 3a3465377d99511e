-- Programs of one organization that get tokens by OAuth 2, scoped to the whole of it or to some of its groups.
create table accounts.client (
    client_id text primary key,
    organization uuid not null,
    name text not null,
    secret text not null,                          -- Argon2id hash
    groups uuid[],                                 -- null: the whole organization
    created_at timestamptz not null,
    modified_at timestamptz not null
);
create index client_organization on accounts.client (organization, name);

-- A pair of tokens; both are random and kept as SHA-256.
create table accounts.client_token (
    id text primary key,                           -- 24 hex digits, its public name
    client_id text not null references accounts.client on delete cascade,
    access_hash bytea not null unique,
    refresh_hash bytea not null unique,
    expires_at timestamptz not null,
    refresh_expires_at timestamptz not null
);
create index client_token_client on accounts.client_token (client_id);
create index client_token_end on accounts.client_token (refresh_expires_at);
