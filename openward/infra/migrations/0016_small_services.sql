-- What people keep beside device data: notes on it, consents, prescriptions, files; and what their programs report.
create schema conversations;

create table conversations.message (
    key uuid primary key,
    person uuid not null,                -- whose data it is about
    author uuid not null,
    parent uuid,                         -- the message answered; null for the first of a thread
    root uuid not null,                  -- the first of the thread, its own key for that one
    guid uuid not null,                  -- given by the client, so that a repeated request makes no second message
    body text not null,
    at timestamptz not null,             -- the moment in the data that it is about
    created_at timestamptz not null,
    modified_at timestamptz,
    unique (person, author, guid)
);
create index message_person on conversations.message (person, at desc);
create index message_thread on conversations.message (root, at desc);

create schema consents;

create table consents.document (
    type text not null,
    version int not null check (version > 0),
    content text not null,
    content_type text not null,
    created_at timestamptz not null,
    primary key (type, version)
);
insert into consents.document (type, version, content, content_type, created_at) values (
    'big_data_donation_project', 1,
    '# Giving my data to research

I let the operator of this service give a copy of my diabetes data, without my name, address and other particulars
that tell who I am, to research into diabetes. I can take this consent back at any time; what was given before cannot
be called back.',
    'markdown', now());

create table consents.record (
    key uuid primary key,
    person uuid not null,
    type text not null,
    version int not null,
    status text not null check (status in ('active', 'revoked')),
    age_group text not null,
    owner_name text not null,
    guardian_name text,
    grantor text not null,
    metadata jsonb,
    granted_at timestamptz not null,
    revoked_at timestamptz,
    created_at timestamptz not null,
    modified_at timestamptz not null,
    foreign key (type, version) references consents.document
);
create unique index record_active on consents.record (person, type) where status = 'active';
create index record_person on consents.record (person, created_at desc);

create schema prescriptions;

create table prescriptions.prescription (
    key uuid primary key,
    organization uuid not null,
    person uuid,                         -- the patient, once claimed
    state text not null,
    access_code text unique,             -- of a submitted prescription that nobody claimed yet
    birth_date date,
    patient_email text,
    prescriber uuid,
    revision int not null,
    expires_at timestamptz,
    created_at timestamptz not null,
    created_by uuid not null,
    modified_at timestamptz not null,
    modified_by uuid not null
);
create index prescription_organization on prescriptions.prescription (organization, created_at desc);
create index prescription_person on prescriptions.prescription (person, created_at desc) where person is not null;

create table prescriptions.revision (
    prescription uuid not null references prescriptions.prescription on delete cascade,
    number int not null,
    attributes jsonb not null,
    created_at timestamptz not null,
    created_by uuid not null,
    primary key (prescription, number)
);

create schema files;

create table files.file (
    key uuid primary key,
    person uuid not null,
    kind text not null check (kind in ('blob', 'device-log')),
    content text not null,               -- SHA-256 of the content, the name of the kept file
    md5 bytea not null,
    media_type text not null,
    size_bytes bigint not null,
    start_at timestamptz,                -- device logs: the time that they cover
    end_at timestamptz,
    created_at timestamptz not null
);
create index file_person on files.file (person, kind, created_at desc);
create index file_content on files.file (content);

create schema usage;

create table usage.event (
    key uuid primary key,
    at timestamptz not null,
    name text not null,
    person uuid,                         -- whoever was signed in
    said_user text,                      -- whom the program named without proving it
    server text,                         -- the program, for its own events
    properties jsonb not null
);
create index event_at on usage.event (at desc, key desc);
create index event_unproven on usage.event (at) where person is null and server is null;
