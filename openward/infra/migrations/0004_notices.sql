-- What we told people by mail: that it was sent, not what it said.
create schema notices;

create table notices.message (
    key uuid primary key,
    template text not null,
    recipient text not null,
    person uuid,
    organization uuid,
    status text not null check (status in ('waiting', 'sent', 'refused')),
    content bytea,                                 -- the sealed values of the template, gone once it was sent
    created_at timestamptz not null,
    sent_at timestamptz
);
create index message_recipient on notices.message (recipient, created_at);
create index message_person on notices.message (person, created_at) where person is not null;
