-- Groups of an organization: who is coached together and by whom.
create table organizations.patient_group (
    key uuid primary key,
    organization uuid not null references organizations.organization on delete cascade,
    name text not null,
    bio text,
    created_at timestamptz not null,
    unique (organization, name)
);
create index patient_group_order on organizations.patient_group (organization, created_at, key);

-- Which members look after a group.
create table organizations.group_member (
    patient_group uuid not null references organizations.patient_group on delete cascade,
    member uuid not null references organizations.member on delete cascade,
    primary key (patient_group, member)
);
create index group_member_of on organizations.group_member (member);

-- Both names of members who coach, where they were given apart; other members go by the name that they have.
create table organizations.coach (
    member uuid primary key references organizations.member on delete cascade,
    first_name text not null,
    last_name text not null
);
