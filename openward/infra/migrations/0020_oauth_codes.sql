-- The authorization code flow: where a client may have people sent back to, and the codes that they bring.
alter table accounts.oauth_client add column redirect_uris text[] not null default '{}'; -- none: loopback addresses

create table accounts.oauth_code (
    code_hash bytea primary key,
    client_id text not null references accounts.oauth_client on delete cascade,
    person uuid not null references accounts.account (person),
    redirect_uri text not null,
    scope text not null,
    nonce text,
    challenge text,                      -- SHA-256 of the verifier (PKCE, S256)
    family uuid not null,                -- of the tokens that it gave: they end when the code is shown again
    is_used boolean not null default false,
    expires_at timestamptz not null
);
create index oauth_code_expires on accounts.oauth_code (expires_at);
