-- Reports of visits: presets, orders of encounter reports, and the lines that both kinds of report are made of.
create schema reports;

create table reports.preset (
    key uuid primary key,
    organization uuid not null,
    name text not null,
    columns text[] not null,             -- in their order
    rooms uuid[],                        -- null: all
    statuses text[],                     -- null: all
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create unique index preset_name on reports.preset (organization, lower(name));

create table reports.encounter_report (
    key uuid primary key,
    organization uuid not null,
    from_at timestamptz not null,        -- both bounds included
    to_at timestamptz not null,
    columns text[] not null,             -- as the preset had them when the report was ordered
    rooms uuid[],
    statuses text[],
    status text not null,                -- pending, completed, failed
    sealed_password bytea,               -- until the file is built
    tries int not null default 0,
    content text,                        -- the key of the file, until it is swept
    size_bytes bigint,
    ordered_by text not null,            -- the name of the credential
    created_at timestamptz not null,
    finished_at timestamptz,
    expires_at timestamptz,
    check (status = 'pending' or sealed_password is null)
);
create index encounter_report_of on reports.encounter_report (organization, created_at desc);
create index encounter_report_waiting on reports.encounter_report (created_at) where status = 'pending';
create index encounter_report_kept on reports.encounter_report (expires_at) where content is not null;

-- One cell of a CSV line (RFC 4180); what a spreadsheet would take for a formula begins with an apostrophe.
create function reports.cell(value text) returns text language sql immutable parallel safe
return case
    when value is null then ''
    when value !~ '^[=+@-]|[",\r\n]' then value
    when value ~ '[",\r\n]'
        then '"' || case when value ~ '^[=+@-]' then '''' else '' end || replace(value, '"', '""') || '"'
    else '''' || value
end;

-- One visit with everything that a report may say of it, each as text. Moments are told in the zone of the session.
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
left join identity.identifier said
    on said.entity = a.key and said.system = 'solo-appointment' and not said.is_retired
left join identity.identifier episode
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
            select i.value from identity.identifier i
            where i.entity = e.person and i.system = 'solo-patient' order by i.is_retired, i.created_at, i.value limit 1
        ) as spid,
        (
            select i.value from identity.identifier i
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

-- Whose visits those are.
create view reports.visit_of as
select organization, person, starts_at, room, status from visits.appointment;
