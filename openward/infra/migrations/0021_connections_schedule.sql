-- When each source is fetched next, how far it has come, how fast a partner may be asked, and what went wrong lately.
create table connections.task (
    source uuid primary key references connections.source on delete cascade,
    person uuid not null,
    provider text not null,
    session uuid,                        -- null when disconnected: how far we came stays for a reconnect
    due_at timestamptz,                  -- null: not to be fetched
    is_backfill boolean not null default true, -- has more to fetch than one turn: waits in a queue of its own
    lease uuid,                          -- whoever holds this number fetches, until leased_until by the database's clock
    leased_until timestamptz,
    failures smallint not null default 0, -- refusals of our token in a row
    since timestamptz,                   -- everything before was fetched
    memory jsonb not null default '{}',  -- the partner's code's own; no health data
    started_at timestamptz,              -- the last fetch
    check ((lease is null) = (leased_until is null))
) with (fillfactor = 70);
create index task_due on connections.task (provider, is_backfill, due_at) where lease is null and due_at is not null;
create index task_leased on connections.task (leased_until) where lease is not null;
create index task_session on connections.task (session) where session is not null;

-- Requests to a partner are spaced evenly over all workers; the next one may leave at `free_at`, by the database's clock.
create table connections.pace (
    provider text primary key,
    free_at timestamptz not null
) with (fillfactor = 50);

-- A token is being exchanged for a new one: written before the partner is asked, gone when the new one is kept.
create table connections.renewal (
    session uuid primary key references connections.session on delete cascade,
    holder uuid not null,
    until timestamptz not null           -- by the database's clock; the partner has answered by then, or never will
);

-- Fetches that did not succeed, counted by the minute.
create table connections.trouble (
    provider text not null,
    minute timestamptz not null,
    reason text not null,
    count int not null,
    primary key (provider, minute, reason)
);
