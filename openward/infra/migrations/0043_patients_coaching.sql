-- What programs that coach patients keep of them beside demographics and groups.

-- Names that other systems give to a patient, as a program of the organization has told them. The MRN of the enrolment
-- is one of them and stands there alone.
create table patients.identifier (
    organization uuid not null,
    person uuid not null,
    place smallint not null,             -- the order in which they were given
    system text not null,
    value text not null,
    label text,
    is_unique boolean not null,          -- nobody else may have this name, in any organization of the installation
    primary key (organization, person, place)
);
-- Each row is in one of the two.
create unique index identifier_unique on patients.identifier (system, value) where is_unique;
create index identifier_shared on patients.identifier (system, value) where not is_unique;

-- Who looks after a patient.
create table patients.coached_by (
    organization uuid not null,
    person uuid not null,
    member uuid not null references organizations.member on delete cascade,
    place smallint not null,
    is_primary boolean not null,
    primary key (organization, person, member)
);
create index coached_by_member on patients.coached_by (member);
create unique index coached_by_primary on patients.coached_by (organization, person) where is_primary;

alter table patients.demographics add column note text; -- for those who look after the patient, never shown to him

-- When the organization last asked the patient to claim his account.
create table patients.invitation (
    organization uuid not null,
    person uuid not null,
    invited_at timestamptz not null,
    primary key (organization, person)
);

-- When a patient was taken off the list of an organization and put back.
create table patients.activity (
    organization uuid not null,
    person uuid not null,
    at timestamptz not null,
    place bigint generated always as identity,
    is_active boolean not null,
    reason text,
    notes text,
    primary key (organization, person, place)
);

-- Every path that changes the state of an enrolment leaves a line, whatever statement does it.
create function patients.note_activity() returns trigger language plpgsql as $$
begin
    insert into patients.activity (organization, person, at, is_active)
    values (new.organization, new.person, new.updated_at, new.is_active);
    return null;
end
$$;
create trigger enrolment_activity after update of is_active on patients.enrolment
    for each row when (old.is_active is distinct from new.is_active) execute function patients.note_activity();
insert into patients.activity (organization, person, at, is_active)
    select organization, person, coalesce(removed_at, updated_at), false from patients.enrolment where not is_active;

-- Lists of all patients of an organization in the order in which they came.
create index enrolment_order on patients.enrolment (organization, created_at, key);

-- When somebody first and last signed in.
create table accounts.access (
    person uuid primary key references accounts.account (person),
    first_at timestamptz not null,
    last_at timestamptz not null
);
