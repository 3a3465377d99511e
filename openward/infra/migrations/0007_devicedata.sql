-- Data sets and data of devices. A reading takes about 60 bytes of table and 53 of index; see the notes at `datum`.
create schema devicedata;

-- A short number for each person who has data, because it stands in every row and in the widest index.
create table devicedata.subject (
    key int generated always as identity primary key,
    person uuid not null unique
);

create table devicedata.data_set (
    key int generated always as identity primary key,
    subject int not null references devicedata.subject,
    name text not null unique,           -- the upload id
    id text not null unique,             -- the record's own id; both find it
    type text not null check (type in ('normal', 'continuous')),
    is_older_uploads boolean not null default false, -- the one set of a person behind the older upload endpoint
    is_open boolean not null default true,
    is_active boolean not null,          -- an unfinished normal set is not: nobody sees its data
    deduplicator text not null,
    time timestamptz not null,
    device_id text,
    client_name text,
    manufacturers text[] not null default '{}',
    model text,
    has_pump_loop boolean not null default false, -- holds data of a closed loop with a Medtronic pump
    hidden int not null default 0,       -- an upper bound of its rows in `hidden`
    next_ordinal int not null default 0,
    shapes int not null default 0,
    created_at timestamptz not null,
    created_by text,                     -- user id, when a user made it
    modified_at timestamptz not null,
    deleted_at timestamptz,
    body jsonb not null
) with (fillfactor = 70);                -- room for the counters to be rewritten in place
create index data_set_subject on devicedata.data_set (subject, created_at desc);
create unique index data_set_older_uploads on devicedata.data_set (subject) where is_older_uploads;

-- What many data of one set have in common, said once: device, zone, offsets, units, trend ...
create table devicedata.shape (
    data_set int not null references devicedata.data_set,
    number smallint not null,
    kind smallint not null,
    device text,
    variant text,                        -- subType or deliveryType
    digest uuid not null,
    body bytea not null,
    primary key (data_set, number),
    unique (data_set, digest)
);

-- Eight columns, so that the bitmap of nulls fits into the 24 bytes of a row's header; widest first, so that nothing
-- is lost to alignment. No id of its own: the wire's id is a permutation of (data_set, ordinal).
create table devicedata.datum (
    time timestamptz not null,
    value double precision,              -- of cbg, smbg and bloodKetone, in mmol/L
    data_set int not null,
    ordinal int not null,
    subject int not null,
    kind smallint not null,
    shape smallint not null,
    detail bytea,                        -- whatever has no column and is not in the shape
    primary key (data_set, ordinal)
);
create index datum_time on devicedata.datum (subject, kind, time);
alter table devicedata.datum alter column detail set storage main;
-- Foreign keys are left out here: each row would pay for two look-ups, and the ingest holds the lock on its data set.

-- When, by whom and from where data came, once per request.
create table devicedata.batch (
    data_set int not null references devicedata.data_set,
    first_ordinal int not null,
    count int not null,
    created_at timestamptz not null,
    created_by uuid,
    client text not null,
    address text not null,
    primary key (data_set, first_ordinal)
);

-- Rows that were archived by another set (archived_by) or withdrawn by their own (null): kept, but seen by nobody.
create table devicedata.hidden (
    data_set int not null,
    ordinal int not null,
    archived_by int,
    at timestamptz not null,
    primary key (data_set, ordinal)
);
create index hidden_archived_by on devicedata.hidden (archived_by) where archived_by is not null;

-- Origins of data in sets that replace by origin; `origin` is a digest.
create table devicedata.origin_key (
    origin uuid not null,
    data_set int not null,
    ordinal int not null,
    primary key (data_set, origin, ordinal)
);

-- Ids that a client gave to its data.
create table devicedata.given_id (
    data_set int not null,
    ordinal int not null,
    id text not null,
    primary key (data_set, id)
);
create index given_id_ordinal on devicedata.given_id (data_set, ordinal);
