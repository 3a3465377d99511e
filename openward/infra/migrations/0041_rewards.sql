-- Programs that reward patients: a budget, what of it is allocated, earned and fulfilled. Values are numbers of the
-- program's unit.
create schema rewards;

create table rewards.program (
    key uuid primary key,
    organization uuid not null,
    patient_group uuid not null,
    name text not null,
    tagline text,
    description text,
    start_at timestamptz not null,
    end_at timestamptz not null,
    budget_value numeric not null,
    unit text not null,
    duration_days numeric not null,
    fulfills_as_earned boolean not null,
    is_frozen boolean not null,
    created_at timestamptz not null
);
create index program_order on rewards.program (organization, created_at, key);

create table rewards.activation (
    key uuid primary key,
    organization uuid not null,
    program uuid not null references rewards.program,
    person uuid not null,
    activated_at timestamptz not null,
    deactivated_at timestamptz,
    expires_at timestamptz not null,
    created_at timestamptz not null,
    unique (program, person)
);
create index activation_order on rewards.activation (organization, created_at, key);
create index activation_person on rewards.activation (person, organization);

create table rewards.reward (
    key uuid primary key,
    activation uuid not null references rewards.activation,
    thread text,
    description text not null,
    allocated_value numeric not null,
    allocated_at timestamptz not null,
    target_at timestamptz,
    created_at timestamptz not null
);
create index reward_activation on rewards.reward (activation);

create table rewards.earning (
    key uuid primary key,
    reward uuid not null unique references rewards.reward,
    earned_value numeric not null,
    earned_at timestamptz not null,
    created_at timestamptz not null
);

create table rewards.fulfillment (
    key uuid primary key,
    earning uuid not null unique references rewards.earning,
    fulfilled_value numeric not null,
    fulfilled_at timestamptz not null,
    created_at timestamptz not null
);

-- Who is in which group, for lists of groups.
create view rewards.place as select organization, patient_group, person from patients.group_place;
