-- The patient list: what is searched, filtered and sorted, one row per patient per organization.
create extension if not exists pg_trgm with schema public;
create extension if not exists btree_gin with schema public;

create schema roster;

create table roster.entry (
    organization uuid not null,
    person uuid not null,
    record uuid not null,                -- the key of the enrolment: breaks ties
    name_key text collate "C" not null,  -- the name without case and accents
    birth_date date,
    search text not null,                -- name, address, MRN and date of birth in lower case, kept apart by U+001F
    tags uuid[] not null,
    sites uuid[] not null,
    last_reviewed_at timestamptz,
    has_standard_ranges boolean not null,
    cgm_last_data timestamptz,
    cgm_first_data timestamptz,
    cgm_last_upload timestamptz,
    cgm_outdated_since timestamptz,
    bgm_last_data timestamptz,
    bgm_first_data timestamptz,
    bgm_last_upload timestamptz,
    bgm_outdated_since timestamptz,
    primary key (organization, person)
) with (fillfactor = 85);
create index entry_person on roster.entry (person);
create index entry_name on roster.entry (organization, name_key, record);
-- Readers must not pay for a list of pending insertions, hence no fast update.
create index entry_search on roster.entry using gin (organization, search gin_trgm_ops) with (fastupdate = off);
create index entry_tags on roster.entry using gin (tags) with (fastupdate = off);
create index entry_sites on roster.entry using gin (sites) with (fastupdate = off);

-- How many entries an organization has, and how many with each label, because every page of a list says so.
create table roster.tally (
    organization uuid not null,
    label uuid not null,                 -- a tag or a site; the nil UUID for all entries
    total bigint not null,
    primary key (organization, label)
) with (fillfactor = 50);

-- The figures of one kind and period in the order of the code's list; -Infinity stands for a figure that is withheld,
-- an empty array for no figures at all. PLAIN storage keeps the arrays in the row, where one element is read at once.
create table roster.figures (
    scope text not null,                 -- cgm14d, bgm1d ...: a partition each, so that one is read without the others
    organization uuid not null,
    person uuid not null,
    record uuid not null,
    figures double precision[] not null,
    primary key (scope, organization, person)
) partition by list (scope);
alter table roster.figures alter column figures set storage plain;
create table roster.figures_cgm1d partition of roster.figures for values in ('cgm1d') with (fillfactor = 90);
create table roster.figures_cgm7d partition of roster.figures for values in ('cgm7d') with (fillfactor = 90);
create table roster.figures_cgm14d partition of roster.figures for values in ('cgm14d') with (fillfactor = 90);
create table roster.figures_cgm30d partition of roster.figures for values in ('cgm30d') with (fillfactor = 90);
create table roster.figures_bgm1d partition of roster.figures for values in ('bgm1d') with (fillfactor = 90);
create table roster.figures_bgm7d partition of roster.figures for values in ('bgm7d') with (fillfactor = 90);
create table roster.figures_bgm14d partition of roster.figures for values in ('bgm14d') with (fillfactor = 90);
create table roster.figures_bgm30d partition of roster.figures for values in ('bgm30d') with (fillfactor = 90);
-- Time in target of the sensor, by far the most usual sort; all others are sorted by reading the partition.
create index figures_cgm1d_target on roster.figures_cgm1d (organization, coalesce(figures[21], '-Infinity'), record);
create index figures_cgm7d_target on roster.figures_cgm7d (organization, coalesce(figures[21], '-Infinity'), record);
create index figures_cgm14d_target on roster.figures_cgm14d (organization, coalesce(figures[21], '-Infinity'), record);
create index figures_cgm30d_target on roster.figures_cgm30d (organization, coalesce(figures[21], '-Infinity'), record);

-- A summary as a wire renders it, once a person: JSON, deflated, so that lists hand it on without looking inside.
create table roster.summary (
    person uuid not null,
    kind text not null,                  -- cgm or bgm
    name text not null,                  -- the summary's own id
    document bytea not null,
    primary key (person, kind)
);
alter table roster.summary alter column document set storage external;
create index summary_name on roster.summary (name);
