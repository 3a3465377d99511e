-- Coaching: what a patient and those who look after him have agreed to do, and what became of it day by day.
create schema coaching;

-- One for each patient of an organization, written down when somebody first looks for it.
create table coaching.plan (
    key uuid primary key,
    organization uuid not null,
    person uuid not null,
    created_at timestamptz not null,     -- when the patient came
    updated_at timestamptz not null,
    time_zone text,                      -- IANA name; null: UTC
    critical jsonb not null default '{}',
    window_order jsonb not null default '[]', -- actions by their keys
    window_times jsonb not null default '{}', -- part of day -> seconds after midnight, where they are not the usual
    unique (organization, person)
);

create table coaching.action (
    key uuid primary key,
    plan uuid not null references coaching.plan,
    type text not null,
    title text not null,
    static_title text not null,          -- the title that it was made with
    thread text not null,                -- ties versions of one action together
    effective_from timestamptz not null,
    effective_to timestamptz,            -- excluded; null: open
    is_tracked boolean not null,
    is_metric_required boolean not null,
    days smallint[],                     -- weekdays, 0 is Sunday; null: no goal
    content jsonb not null,              -- identifiers, details, intake, metrics, windows, options
    created_at timestamptz not null,
    created_by uuid,
    updated_at timestamptz not null,
    updated_by uuid,
    check (effective_to > effective_from)
);
create index action_plan on coaching.action (plan, created_at, key);

create table coaching.bundle (
    key uuid primary key,
    plan uuid not null references coaching.plan,
    type text not null,
    title text not null,
    thread text not null,
    effective_from timestamptz not null,
    effective_to timestamptz,
    created_at timestamptz not null,
    created_by uuid,
    updated_at timestamptz not null,
    updated_by uuid,
    check (effective_to > effective_from)
);
create index bundle_plan on coaching.bundle (plan, created_at, key);

create table coaching.bundled (
    bundle uuid not null references coaching.bundle,
    action uuid not null references coaching.action,
    primary key (bundle, action)
);
create index bundled_action on coaching.bundled (action);

-- What was done or measured. The id of 24 hex digits that callers know is the row's own key, as twelve bytes.
create table coaching.result (
    id bytea primary key,
    plan uuid not null references coaching.plan,
    action uuid not null references coaching.action,
    type text not null,
    thread text not null,
    metric_type text,
    occurred_at timestamptz not null,
    occurred_on date not null,           -- the day in the plan's zone, written anew when that changes
    time_zone text not null,             -- where the patient was, as far as known
    part_of_day text,                    -- the id of the action's window
    value jsonb,                         -- {value, unit}
    is_skipped boolean not null default false,
    note text,
    channel text not null,
    observation text,                    -- the measurement that it was made of
    created_at timestamptz not null,
    created_by uuid,
    updated_at timestamptz not null,
    updated_by uuid
);
create index result_plan on coaching.result (plan, created_at, id);
create index result_day on coaching.result (action, occurred_on) where not is_skipped;
create index result_latest on coaching.result (action, occurred_at desc, id desc);
create unique index result_observation on coaching.result (action, observation) where observation is not null;
