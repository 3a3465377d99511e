-- What is written down about visits and patients: forms with their answers and comments, files, documents.
create schema documentation;

create table documentation.template (
    key uuid primary key,                          -- what wires call it too
    organization uuid not null,
    name text not null,
    edition int not null,                          -- the present one
    created_at timestamptz not null,
    unique (organization, name)
);

-- A template as it was at one time: a visit keeps the form that it began with.
create table documentation.edition (
    template uuid not null references documentation.template on delete cascade,
    number int not null,
    form jsonb not null,                           -- [{"name", "questions": [{"id", "name", "type", "choices", "tag"}]}]
    created_at timestamptz not null,
    primary key (template, number)
);

create table documentation.note (
    key uuid primary key,
    organization uuid not null,
    appointment uuid not null,
    person uuid not null,
    template uuid not null,
    edition int not null,
    place int not null,                            -- the order within the visit
    has_content boolean not null default false,    -- an answer or a comment
    unique (appointment, template),
    foreign key (template, edition) references documentation.edition
);
create index note_person on documentation.note (person);

create table documentation.answer (
    note uuid not null references documentation.note on delete cascade,
    question uuid not null,
    response text[] not null check (cardinality(response) > 0),
    answered_at timestamptz not null,
    answered_by uuid,                              -- null: a program
    primary key (note, question)
);

create table documentation.comment (
    key uuid primary key,
    note uuid not null references documentation.note on delete cascade,
    author uuid not null,
    body text not null,
    posted_at timestamptz not null
);
create index comment_note on documentation.comment (note, posted_at, key);

create table documentation.attachment (
    key uuid primary key,                          -- what wires call it too; random
    organization uuid not null,
    appointment uuid not null,
    person uuid not null,
    title text not null,
    media_type text not null,                      -- as it was sent
    size_bytes int not null,
    content text not null,                         -- the key of the blob
    uploaded_at timestamptz not null,
    deleted_at timestamptz
);
create index attachment_appointment on documentation.attachment (appointment, uploaded_at, key);
create index attachment_content on documentation.attachment (content) where deleted_at is null;

create table documentation.document (
    key uuid primary key,
    organization uuid not null,
    person uuid not null,
    name text not null,
    dated_at timestamptz not null,                 -- what its sender says
    responses jsonb not null,                      -- [{"question", "response"}]
    created_at timestamptz not null
);
create index document_person on documentation.document (organization, person, dated_at desc, key);
