-- A new patient costs few rows: names that everybody is born with in one row, no rows for what is not there yet, and
-- checks that cost once a statement instead of once a row.

-- The names that a person is born with. Other names, and those of people who were here before, are in
-- `identity.identifier`, where these go, too, as soon as something changes about them.
create table identity.person (
    entity uuid primary key,
    user_id uuid not null unique,        -- the user id and the UUID of virtual care
    spid bigint not null default nextval('identity.spid') unique,
    twine text collate "C" not null unique,
    practice uuid,                       -- the organization whose programs may ask by the user id
    created_at timestamptz not null
);

-- All names of everybody, wherever they are kept.
create view identity.name as
select system, scope, value, entity, kind, is_exclusive, is_retired, created_at from identity.identifier
union all
select n.system, n.scope, n.value, p.entity, 'person', true, false, p.created_at
from identity.person p
cross join lateral (
    values ('tidepool-user', '00000000-0000-0000-0000-000000000000'::uuid, p.user_id::text),
        ('solo', '00000000-0000-0000-0000-000000000000', p.user_id::text),
        ('solo-patient', '00000000-0000-0000-0000-000000000000', p.spid::text),
        ('twine', '00000000-0000-0000-0000-000000000000', p.twine),
        ('solo-practice-patient', p.practice, p.user_id::text)
) n (system, scope, value)
where n.scope is not null;

-- One unique index for names that mean one entity, another for those that may be shared: a name is in one of the two.
alter table identity.identifier drop constraint identifier_pkey;
create unique index identifier_shared on identity.identifier (system, scope, value, entity) where not is_exclusive;

-- Visits as reports read them, with names from wherever they are kept.
drop view reports.visit;
create view reports.visit as
select
    a.organization,
    a.key,
    a.starts_at,
    a.room,
    said.value as appointment_id,
    a.external_id as appointment_external_id,
    a.account_number,
    p.spid as patient_spid,
    p.external_id as patient_external_id,
    p.mrn,
    p.last_name,
    p.first_name,
    p.birth_date,
    p.gender,
    r.name as waiting_room,
    r.service_line,
    r.service_type,
    to_char(a.starts_at, 'YYYY-MM-DD"T"HH24:MI:SSTZH:TZM') as scheduled_at,
    a.duration_s::text as duration_seconds,
    array_to_string(a.reasons, '; ') as reasons,
    a.status,
    c.status as video_call_status,
    to_char(c.started_at, 'YYYY-MM-DD"T"HH24:MI:SSTZH:TZM') as call_started_at,
    to_char(c.ended_at, 'YYYY-MM-DD"T"HH24:MI:SSTZH:TZM') as call_ended_at,
    (
        select string_agg(account.email, '; ' order by given.assigned_at, given.person)
        from visits.provider given join accounts.account on account.person = given.person
        where given.appointment = a.key
    ) as provider_emails,
    episode.value as episode_id
from visits.appointment a
join visits.room r on r.key = a.room
left join visits.call c on c.appointment = a.key
left join identity.name said
    on said.entity = a.key and said.system = 'solo-appointment' and not said.is_retired
left join identity.name episode
    on episode.entity = a.episode and episode.system = 'solo' and not episode.is_retired
left join lateral (
    select
        e.mrn,
        to_char(e.birth_date, 'YYYY-MM-DD') as birth_date,
        d.gender,
        -- A name that changed elsewhere since its parts were written is taken apart anew: its last word is the family.
        case when e.full_name in (d.named_as, '') then n.name->>'family' else w.last end as last_name,
        case
            when e.full_name in (d.named_as, '') then n.name->>'given'
            else rtrim(left(e.full_name, length(e.full_name) - length(w.last)))
        end as first_name,
        (
            select i.value from identity.name i
            where i.entity = e.person and i.system = 'solo-patient' order by i.is_retired, i.created_at, i.value limit 1
        ) as spid,
        (
            select i.value from identity.name i
            where i.entity = e.person and i.system = 'solo-practice-patient' and i.scope = e.organization
            order by i.is_retired, i.created_at, i.value limit 1
        ) as external_id
    from patients.enrolment e
    left join patients.demographics d on d.organization = e.organization and d.person = e.person
    cross join lateral (select substring(e.full_name from '[^ ]*$') as last) w
    left join lateral (
        select one.name from jsonb_array_elements(d.names) with ordinality one (name, place)
        order by one.name->>'use' is distinct from 'usual', one.place limit 1
    ) n on true
    where e.organization = a.organization and e.person = a.person
) p on true;

-- Rows that only pointed back: an account is never taken away, and the profile goes with it.
alter table accounts.document drop constraint document_person_fkey;

-- An enrolment needs its organization, and what is noted beside it goes with the enrolment. Checked once a statement, as
-- a foreign key would do it for each of a thousand rows.
create function patients.require_organization() returns trigger language plpgsql as $$
begin
    perform from organizations.organization o
        where o.key in (select organization from fresh) order by o.key for key share;
    if exists (
        select from (select distinct organization from fresh) f
        where not exists (select from organizations.organization o where o.key = f.organization)
    ) then
        raise foreign_key_violation using message = 'an enrolment needs its organization', schema = 'patients',
            table = 'enrolment', constraint = 'enrolment_organization';
    end if;
    return null;
end
$$;
create trigger enrolment_organization_insert after insert on patients.enrolment
    referencing new table as fresh for each statement execute function patients.require_organization();
create function patients.require_new_organization() returns trigger language plpgsql as $$
begin
    perform from organizations.organization where key = new.organization for key share;
    if not found then
        raise foreign_key_violation using message = 'an enrolment needs its organization', schema = 'patients',
            table = 'enrolment', constraint = 'enrolment_organization';
    end if;
    return null;
end
$$;
create trigger enrolment_organization_update after update of organization on patients.enrolment
    for each row when (old.organization <> new.organization) execute function patients.require_new_organization();
create function patients.require_no_enrolment() returns trigger language plpgsql as $$
begin
    if exists (select from patients.enrolment where organization = old.key) then
        raise foreign_key_violation using message = 'an organization with enrolments stays', schema = 'patients',
            table = 'enrolment', constraint = 'enrolment_organization';
    end if;
    return null;
end
$$;
create trigger organization_enrolments after delete or update of key on organizations.organization
    for each row execute function patients.require_no_enrolment();
alter table patients.enrolment drop constraint enrolment_organization_fkey;

create function patients.carry_demographics() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        delete from patients.demographics where organization = old.organization and person = old.person;
    else
        update patients.demographics set organization = new.organization, person = new.person
            where organization = old.organization and person = old.person;
    end if;
    return null;
end
$$;
create trigger enrolment_demographics_delete after delete on patients.enrolment
    for each row execute function patients.carry_demographics();
create trigger enrolment_demographics_update after update of organization, person on patients.enrolment
    for each row when (old.organization <> new.organization or old.person <> new.person)
    execute function patients.carry_demographics();
alter table patients.demographics drop constraint demographics_organization_person_fkey;

-- Indexes that another one stands in for: keys are unique as they are made, and an organization is read by the others.
alter table patients.enrolment drop constraint enrolment_key_key;
drop index patients.enrolment_in_plan;

-- Nobody asks for all patients by their role, and they are next to all.
drop index accounts.account_roles;
create index account_roles on accounts.account using gin (roles) where not roles <@ '{custodial_account,patient}';

-- The list: words are looked for in a short list of what came just now, too, before that is sorted into the index.
alter index roster.entry_search set (fastupdate = on, gin_pending_list_limit = 512);

-- Whoever has no summary has no figures, and is found in the order of the list all the same.
alter table roster.entry
    add column has_cgm boolean not null default true,
    add column has_bgm boolean not null default true;
alter table roster.entry alter column has_cgm set default false, alter column has_bgm set default false;
create index entry_without_cgm on roster.entry (organization, record) where not has_cgm;
create index entry_without_bgm on roster.entry (organization, record) where not has_bgm;

-- One change of very many records that were made at one moment: whose they were, in one row.
create table audit.cohort (
    made_ms bigint not null,             -- the moment in the keys of all of them, in milliseconds
    at timestamptz not null,
    entries uuid[] not null,             -- audit.entry, by time and keys
    patients uuid[] not null
);
alter table audit.cohort alter column patients set storage external; -- random bits, which no compression makes less
create index cohort_made on audit.cohort (made_ms);
