-- Who wants to be told of what happens in a practice, and what is still to be told or has been.
create schema subscriptions;

create table subscriptions.subscription (
    key uuid primary key,
    organization uuid not null,
    endpoint text not null,
    topics text[] not null,
    secret_sealed bytea not null,
    created_at timestamptz not null,
    failing_since timestamptz,           -- the first failure after the last success
    disabled_at timestamptz,             -- by nothing but failures for days: nothing new is queued
    deleted_at timestamptz,
    lease uuid,                          -- whoever holds this number delivers, until leased_until by the database's clock
    leased_until timestamptz,
    check ((lease is null) = (leased_until is null))
) with (fillfactor = 70);
create index subscription_organization on subscriptions.subscription (organization) where deleted_at is null;

create table subscriptions.delivery (
    key uuid primary key,
    subscription uuid not null references subscriptions.subscription,
    topic text not null,
    subject uuid not null,               -- the patient, appointment or episode; named when it is sent
    created_at timestamptz not null,
    state text not null default 'waiting' check (state in ('waiting', 'delivered', 'given-up')),
    attempts smallint not null default 0,
    due_at timestamptz,
    last_at timestamptz,                 -- the last attempt
    status smallint,                     -- its answer
    reason text,                         -- or why there was none; a short stable word
    check ((due_at is not null) = (state = 'waiting'))
) with (fillfactor = 70);
create index delivery_due on subscriptions.delivery (subscription, due_at) where due_at is not null;
create index delivery_given_up on subscriptions.delivery (subscription) where state = 'given-up';
create index delivery_log on subscriptions.delivery (subscription, created_at);

-- The secrets that record systems encrypt their links with; the practice of a link is the one whose secret opens it.
create table accounts.linking_secret (
    key uuid primary key,
    organization uuid not null,
    secret_sealed bytea not null,
    fingerprint bytea not null unique,   -- a keyed hash: no two practices share a secret
    most_apart_s int,                    -- how far a link's date may be from now; null: as far as it likes
    came_with uuid,                      -- the organization that was merged into this one and brought it along
    created_at timestamptz not null
);
create index linking_secret_organization on accounts.linking_secret (organization);
