-- Accounts of people and programs: who they are, how they prove it, and what people let each other see.
create schema accounts;

create table accounts.account (
    person uuid primary key,
    email text,                                    -- login address, lower case; null for accounts without login
    roles text[] not null default '{}',
    is_email_verified boolean not null default false,
    password text,                                 -- Argon2id hash; null until somebody claims the account
    terms_accepted text,
    created_at timestamptz not null,
    created_by uuid,
    modified_at timestamptz not null,
    modified_by uuid,
    deleted_at timestamptz,                        -- a deleted account keeps its key and its names, nothing else
    deleted_by uuid,
    check (deleted_at is null or (email is null and password is null)),
    check (email = lower(email))
);
create unique index account_email on accounts.account (email) where email is not null;
create index account_roles on accounts.account using gin (roles);

create table accounts.document (
    person uuid not null references accounts.account (person),
    collection text not null,
    body jsonb not null,
    modified_at timestamptz not null,
    primary key (person, collection)
);

-- Tokens are random and long, hence a plain SHA-256 of them is enough and makes each look-up one indexed read.
create table accounts.session (
    token_hash bytea primary key,
    purpose text not null check (purpose in ('access', 'refresh')),
    person uuid references accounts.account (person),   -- null for services
    name text not null default '',                 -- the service's name, or the OAuth client's id
    family uuid not null,                          -- tokens that were renewed from one another end together
    identity_provider text not null default '',
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index session_person on accounts.session (person) where person is not null;
create index session_family on accounts.session (family);
create index session_expires on accounts.session (expires_at);

-- How fast somebody may try again: a bucket that each try fills by one and that drains with time.
create table accounts.throttle (
    subject text primary key,
    level double precision not null,
    at timestamptz not null
);

create table accounts.confirmation (
    id uuid primary key,
    key_hash bytea not null unique,
    key_sealed bytea not null,
    handle text not null unique,                   -- names the confirmation for those who may not know its key
    type text not null,
    status text not null,
    email text not null,
    person uuid,                                   -- whom it is about: sign-up and password reset
    creator uuid,
    organization uuid,
    context jsonb not null default '{}',
    extra jsonb not null default '{}',
    created_at timestamptz not null,
    modified_at timestamptz not null,
    expires_at timestamptz
);
create index confirmation_person on accounts.confirmation (person, type) where person is not null;
create index confirmation_email on accounts.confirmation (email, type);
create index confirmation_creator on accounts.confirmation (creator, type) where creator is not null;
create index confirmation_organization on accounts.confirmation (organization, type) where organization is not null;
create unique index confirmation_one_signup on accounts.confirmation (person)
    where type = 'signup_confirmation' and status = 'pending';
create unique index confirmation_one_careteam on accounts.confirmation (creator, email)
    where type = 'careteam_invitation' and status = 'pending';

create table accounts.restricted_token (
    token_hash bytea primary key,
    id uuid not null unique,
    token_sealed bytea not null,
    person uuid not null references accounts.account (person),
    paths text[],                                  -- null: every path of this person's data
    created_at timestamptz not null,
    modified_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
);
create index restricted_token_person on accounts.restricted_token (person, created_at);
create index restricted_token_expires on accounts.restricted_token (expires_at);

create table accounts.sharing (
    owner uuid not null references accounts.account (person),
    grantee uuid not null references accounts.account (person),
    permissions text[] not null check (cardinality(permissions) > 0),
    created_at timestamptz not null,
    modified_at timestamptz not null,
    primary key (owner, grantee),
    check (owner <> grantee)
);
create index sharing_grantee on accounts.sharing (grantee);

create table accounts.oauth_client (
    client_id text primary key,
    secret text not null,                          -- Argon2id hash
    name text not null,
    person uuid not null references accounts.account (person),
    created_at timestamptz not null,
    modified_at timestamptz not null
);

create table accounts.installation_secret (
    name text primary key,                         -- service: the server login; long-term: long-lived logins
    secret_hash bytea not null,
    modified_at timestamptz not null
);
