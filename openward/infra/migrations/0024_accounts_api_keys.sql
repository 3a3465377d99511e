-- Keys of programs that act for one organization.
create table accounts.api_key (
    key uuid primary key,
    organization uuid not null,
    name text not null,                            -- unique among the keys of the organization that still work
    secret_hash bytea not null unique,
    is_read_only boolean not null default false,
    created_at timestamptz not null,
    last_used_at timestamptz,                      -- to the hour
    revoked_at timestamptz
);
create unique index api_key_name on accounts.api_key (organization, name) where revoked_at is null;
