-- Why something was deleted: the operation that did it, such as `DELETE /v1/clinics/{clinicId}`, or the job.
alter table organizations.archive add column reason text not null default '';
alter table patients.archive add column reason text not null default '';
