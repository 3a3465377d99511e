-- Episodes of care: what visits of a patient belong together, in types that each practice names.
create schema episodes;

create table episodes.episode_type (
    organization uuid not null,
    name text not null,
    primary key (organization, name)
);

create table episodes.episode (
    key uuid primary key,
    organization uuid not null,
    person uuid not null,
    name text not null,
    type text not null,                  -- as it was named when the episode was written
    status text not null,
    begins_on date not null,
    ends_on date,                        -- included
    objective text,
    reason_incomplete text,              -- why it was left incomplete
    created_at timestamptz not null,
    updated_at timestamptz not null,
    check (ends_on >= begins_on)
);
create index episode_of on episodes.episode (organization, person, begins_on desc, key desc);

-- People and practices have a UUID that virtual care may show, as everybody born from now on has.
insert into identity.identifier (system, scope, value, entity, kind, is_exclusive, created_at)
select 'solo', '00000000-0000-0000-0000-000000000000', gen_random_uuid()::text, entity, kind, true, min(created_at)
from identity.identifier
where system in ('tidepool-user', 'tidepool-clinic') and kind in ('person', 'organization') and not is_retired
group by entity, kind;
