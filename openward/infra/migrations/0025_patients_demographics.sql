-- Who a patient is, as each organization has noted it, beyond what the enrolment itself holds.
-- Name, birth date, contact address, MRN and whether somebody has died stay in the enrolment, the one place for them.
alter table patients.enrolment add column is_deceased boolean not null default false;
create index enrolment_email on patients.enrolment (organization, email) where email is not null and is_active;

create table patients.demographics (
    organization uuid not null,
    person uuid not null,
    names jsonb not null default '[]',       -- [{"use", "text", "given", "middle", "family", "alias"}]
    named_as text not null,                  -- the full name that these names make; another one in the enrolment is newer
    telecom jsonb not null default '[]',     -- [{"system", "value", "use", "rank"}]
    other_emails text[] not null default '{}', -- lower case, beside the contact address in the enrolment
    contacts jsonb not null default '[]',    -- [{"names", "telecom"}]
    addresses jsonb not null default '[]',
    gender text,
    marital_status text,
    language text,
    race text,
    ethnicity text,
    account_number text,
    deceased_at timestamp,                   -- wall time of the organization
    email_group_type text,                   -- who shares an address is in one group: the pair is its name
    email_group_name text,
    primary key (organization, person),
    foreign key (organization, person) references patients.enrolment (organization, person)
        on update cascade on delete cascade, -- moves and goes with its enrolment
    check ((email_group_type is null) = (email_group_name is null))
);
create index demographics_other_emails on patients.demographics using gin (other_emails) where other_emails <> '{}';

-- Born with all its names: until now nobody had the one by which a practice's own programs ask for a patient.
insert into identity.identifier (system, scope, value, entity, kind, is_exclusive, created_at)
select 'solo-practice-patient', e.organization, u.value, e.person, 'person', true, e.created_at
from patients.enrolment e
cross join lateral (
    select value from identity.identifier
    where entity = e.person and system = 'tidepool-user'
    order by is_retired, created_at, value limit 1
) u
where not exists (
    select from identity.identifier p
    where p.entity = e.person and p.system = 'solo-practice-patient' and p.scope = e.organization
)
on conflict do nothing;
insert into identity.identifier (system, scope, value, entity, kind, is_exclusive, created_at)
select 'solo-patient', '00000000-0000-0000-0000-000000000000', nextval('identity.spid')::text, p.person, 'person', true,
    p.created_at
from (select person, min(created_at) created_at from patients.enrolment group by person) p
where not exists (
    select from identity.identifier i where i.entity = p.person and i.system = 'solo-patient'
);
