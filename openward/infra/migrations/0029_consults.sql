-- Consults that a call centre asks for.
create schema consults;

create table consults.consult (
    key uuid primary key,
    organization uuid not null,
    mrn text not null,
    person uuid not null,
    appointment uuid not null unique,
    created_at timestamptz not null
);
create index consult_recent on consults.consult (organization, mrn, created_at desc);
