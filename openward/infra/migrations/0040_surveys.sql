-- What patients are asked about their health, and what they answered.
create schema surveys;

-- The questions. Those without an organization are the built-in set, which serves whoever has none of its own.
create table surveys.definition (
    organization uuid,
    number integer not null,
    category text not null,
    text text not null,
    format text not null,                -- single_choice, last_occurrence ...
    choices jsonb not null default '[]', -- [{"label", "value", "icon"}]
    requirements jsonb not null default '[]', -- [{"property", "value", "is_equal", "above", "below"}]
    is_active boolean not null default true, -- false: asked no more, kept for old answers
    unique nulls not distinct (organization, number)
);

-- One profile for each patient of an organization. A row is made when somebody first looks, so that making many
-- patients at once costs nothing here; `number` is what the ids of the profile, its questions and answers are made of.
create table surveys.profile (
    number bigint generated always as identity primary key,
    organization uuid not null,
    person uuid not null,
    replaced_by bigint references surveys.profile -- after a merge of organizations
);
create unique index profile_live on surveys.profile (organization, person) where replaced_by is null;

create table surveys.answer (
    profile bigint not null references surveys.profile,
    question integer not null,
    organization uuid not null,
    person uuid not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (profile, question)
);
create index answer_order on surveys.answer (organization, created_at, profile, question);
create index answer_person on surveys.answer (person, organization);

-- Each time somebody answered; the last one counts.
create table surveys.entry (
    id text primary key,
    profile bigint not null,
    question integer not null,
    answered_at timestamptz not null,
    answered_by uuid not null,           -- the patient, or a member of the organization
    value text not null,
    foreign key (profile, question) references surveys.answer on update cascade
);
create index entry_order on surveys.entry (profile, question, answered_at, id);

-- Whom the questions are asked, and who is in which group.
create view surveys.patient as
select e.organization, e.person, e.created_at as enrolled_at, e.key as enrolment, e.birth_date, d.gender
from patients.enrolment e
left join patients.demographics d on d.organization = e.organization and d.person = e.person;
create view surveys.place as select organization, patient_group, person from patients.group_place;

insert into surveys.definition (number, category, text, format, choices, requirements)
select
    number, category, text, format,
    (select jsonb_agg(jsonb_build_object('label', label, 'value', (place - 1)::text) order by place)
     from unnest(labels) with ordinality one (label, place)),
    requirements::jsonb
from (values
(1, 'lifestyle_behaviors', 'On how many days a week do you move enough to breathe harder?', 'single_choice',
 array['None', '1 or 2', '3 or 4', '5 or more'], '[]'),
(2, 'lifestyle_behaviors', 'Do you smoke or use other tobacco?', 'single_choice',
 array['Never did', 'Not any more', 'Now and then', 'Every day'], '[{"property": "age", "above": 11}]'),
(3, 'lifestyle_behaviors', 'How many alcoholic drinks do you have in a usual week?', 'single_choice',
 array['None', '1 to 7', '8 to 14', 'More than 14'], '[{"property": "age", "above": 15}]'),
(4, 'lifestyle_behaviors', 'How many portions of vegetables and fruit do you eat on a usual day?', 'single_choice',
 array['None', '1 or 2', '3 or 4', '5 or more'], '[]'),
(5, 'lifestyle_behaviors', 'How many sweetened drinks do you have on a usual day?', 'single_choice',
 array['None', '1', '2 or 3', '4 or more'], '[]'),
(6, 'lifestyle_behaviors', 'How long do you sleep on most nights?', 'single_choice',
 array['Less than 5 hours', '5 to 6 hours', '7 to 8 hours', '9 hours or more'], '[]'),
(7, 'lifestyle_behaviors', 'How many hours do you sit on a usual day?', 'single_choice',
 array['Less than 4', '4 to 8', '9 to 12', 'More than 12'], '[{"property": "age", "above": 11}]'),
(8, 'lifestyle_behaviors', 'How often do you eat meals that were cooked at home?', 'single_choice',
 array['Hardly ever', 'A few times a week', 'Once a day', 'Nearly always'], '[]'),
(9, 'lifestyle_behaviors', 'How often did you miss a dose of your medicines last week?', 'single_choice',
 array['I take none', 'Never', 'Once or twice', 'More often'], '[]'),
(10, 'lifestyle_behaviors', 'Do you wear a seat belt in the car?', 'single_choice',
 array['Never', 'Sometimes', 'Mostly', 'Always'], '[]'),
(11, 'mental_wellbeing', 'Over the last two weeks, how often did things you usually like give you no joy?',
 'single_choice', array['Never', 'On some days', 'On most days', 'Nearly every day'],
 '[{"property": "age", "above": 11}]'),
(12, 'mental_wellbeing', 'Over the last two weeks, how often were you sad or without hope?', 'single_choice',
 array['Never', 'On some days', 'On most days', 'Nearly every day'], '[{"property": "age", "above": 11}]'),
(13, 'mental_wellbeing', 'Over the last two weeks, how often could you not stop worrying?', 'single_choice',
 array['Never', 'On some days', 'On most days', 'Nearly every day'], '[{"property": "age", "above": 11}]'),
(14, 'mental_wellbeing', 'How stressed have you felt lately?', 'single_choice',
 array['Not at all', 'A little', 'Quite', 'Very'], '[]'),
(15, 'mental_wellbeing', 'Is there somebody whom you can turn to when you need help?', 'single_choice',
 array['No', 'Not always', 'Yes'], '[]'),
(16, 'mental_wellbeing', 'How often do you feel lonely?', 'single_choice',
 array['Never', 'Now and then', 'Often'], '[]'),
(17, 'mental_wellbeing', 'All in all, how content are you with your life?', 'single_choice',
 array['Not at all', 'A little', 'Mostly', 'Very'], '[{"property": "age", "above": 11}]'),
(18, 'preventative_care', 'When was your blood pressure last measured?', 'last_occurrence',
 array['I do not know', 'Never'], '[{"property": "age", "above": 17}]'),
(19, 'preventative_care', 'When were you last vaccinated against the flu?', 'last_occurrence',
 array['I do not know', 'Never'], '[]'),
(20, 'preventative_care', 'When was your cholesterol last measured?', 'last_occurrence',
 array['I do not know', 'Never'], '[{"property": "age", "above": 34}]'),
(21, 'preventative_care', 'When did you last have a colonoscopy?', 'last_occurrence',
 array['I do not know', 'Never'], '[{"property": "age", "above": 49, "below": 76}]'),
(22, 'preventative_care', 'When did you last have a mammogram?', 'last_occurrence',
 array['I do not know', 'Never'],
 '[{"property": "gender", "value": "female", "is_equal": true}, {"property": "age", "above": 39, "below": 76}]'),
(23, 'preventative_care', 'When were you last screened for cervical cancer?', 'last_occurrence',
 array['I do not know', 'Never'],
 '[{"property": "gender", "value": "female", "is_equal": true}, {"property": "age", "above": 20, "below": 66}]'),
(24, 'preventative_care', 'When did you last talk with a doctor about your prostate?', 'last_occurrence',
 array['I do not know', 'Never'],
 '[{"property": "gender", "value": "male", "is_equal": true}, {"property": "age", "above": 54, "below": 71}]'),
(25, 'preventative_care', 'When was your bone density last measured?', 'last_occurrence',
 array['I do not know', 'Never'],
 '[{"property": "gender", "value": "female", "is_equal": true}, {"property": "age", "above": 64}]'),
(26, 'preventative_care', 'When did you last see a dentist?', 'last_occurrence',
 array['I do not know', 'Never'], '[]'),
(27, 'preventative_care', 'When were your eyes last examined?', 'last_occurrence',
 array['I do not know', 'Never'], '[]'),
(28, 'preventative_care', 'When did you last have a tetanus booster?', 'last_occurrence',
 array['I do not know', 'Never'], '[{"property": "age", "above": 18}]'),
(29, 'preventative_care', 'When were you last vaccinated against pneumonia?', 'last_occurrence',
 array['I do not know', 'Never'], '[{"property": "age", "above": 64}]')
) as shipped (number, category, text, format, labels, requirements);
