-- Who wrote a measurement down: the patient or somebody who looks after him; null: a program.
alter table observations.observation add column created_by uuid;
