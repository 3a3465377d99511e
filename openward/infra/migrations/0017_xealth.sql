-- Xealth: what was entered in order forms, which order events were carried out, who looked at a program, and the token.
create table ehr.xealth_preorder (
    organization uuid not null,
    tracking text not null,              -- the id of the form's data, made by us and given back by Xealth
    answers jsonb not null,
    modified_at timestamptz not null,
    primary key (organization, tracking)
);
create index xealth_preorder_modified on ehr.xealth_preorder (modified_at);

create table ehr.xealth_event (
    deployment text not null,
    order_id text not null,
    context text not null check (context in ('new', 'cancel')),
    message uuid not null references ehr.message,
    at timestamptz not null,             -- when Xealth says that it happened
    primary key (deployment, order_id, context)
);
create index xealth_event_message on ehr.xealth_event (message);

create table ehr.xealth_view (
    organization uuid not null,
    person uuid not null,
    program text not null,
    viewer text not null,                -- the user's id in the record system
    deployment text not null,
    at timestamptz not null,             -- the last time
    primary key (organization, person, program, viewer)
);

create table ehr.xealth_token (
    link bytea primary key,              -- SHA-256 of address and client, so that a changed link asks for its own
    sealed bytea not null,
    expires_at timestamptz not null
);
