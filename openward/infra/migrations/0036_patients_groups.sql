-- Which patients are in which groups of an organization. `enrolled_at` is the enrolment's, so that lists of a group are
-- read in the order of patients from one index.
create table patients.group_place (
    patient_group uuid not null,
    person uuid not null,
    organization uuid not null,
    enrolled_at timestamptz not null,
    enrolment uuid not null,
    primary key (patient_group, person)
);
create index group_place_person on patients.group_place (organization, person) include (patient_group);
create index group_place_order on patients.group_place (patient_group, enrolled_at, enrolment);
