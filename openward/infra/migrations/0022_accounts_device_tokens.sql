-- Phones and tablets that may be sent notifications; a token belongs to whoever signed in on the device last.
create table accounts.device_token (
    token_hash bytea primary key,
    token_sealed bytea not null,
    platform text not null check (platform in ('apple')),
    environment text not null check (environment in ('production', 'sandbox')),
    person uuid not null references accounts.account (person),
    created_at timestamptz not null,
    modified_at timestamptz not null
);
create index device_token_person on accounts.device_token (person, modified_at desc);
