-- Short messages between the processes of an installation; see `infra/relay.py`.
create schema relay;
create unlogged table relay.message (
    id bigint generated always as identity primary key,
    topic text not null,
    body bytea not null,
    posted_at timestamptz not null default now()
);
create index message_posted_at on relay.message (posted_at);

-- Who is in a call, side by side with what became of it.
alter table visits.call
    add column held_by text check (held_by in ('provider', 'absence')),  -- why it is on hold
    add column version bigint not null default 0;                        -- grows with each change that pages are told

create table visits.seat (
    call uuid not null references visits.call (key) on delete cascade,
    role text not null,
    page uuid not null,               -- the one open page that has this side of the call; a later one takes it over
    is_ready boolean not null,        -- the patient has checked in; the provider has started
    seen_at timestamptz not null,     -- the page's last sign of life
    away_since timestamptz,           -- null: somebody is there
    primary key (call, role)
) with (fillfactor = 60);
create index seat_there on visits.seat (seen_at) where away_since is null;
