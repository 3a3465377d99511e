-- The names of all entities in all systems, and the sequences behind the numeric ones.
create schema identity;

create table identity.identifier (
    system text not null,
    scope uuid not null,                 -- the organization, or the nil UUID for names that are unique everywhere
    value text not null,
    entity uuid not null,
    kind text not null,
    is_exclusive boolean not null,       -- false for names that several entities may share (MRN)
    is_retired boolean not null default false, -- taken over in a merge: still answers, no longer shown
    created_at timestamptz not null,
    primary key (system, scope, value, entity)
);
create unique index identifier_exclusive on identity.identifier (system, scope, value) where is_exclusive;
create index identifier_entity on identity.identifier (entity, system);

create sequence identity.spid start 10000;
create sequence identity.said start 10000;
